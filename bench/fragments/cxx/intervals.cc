#include <algorithm>
#include <iterator>
#include <vector>
#include "atlas/small_vector.hpp"
// Spans of time that merge, and the holes between them.
struct @C@Span {
    std::int64_t begin, end;
    [[nodiscard]] bool touches(const @C@Span &other) const { return begin <= other.end && other.begin <= end; }
};

atlas::SmallVector<@C@Span, @small@> @n@_merged(std::vector<@C@Span> spans)
{
    std::sort(spans.begin(), spans.end(), [](const auto &one, const auto &other) { return one.begin < other.begin; });
    atlas::SmallVector<@C@Span, @small@> merged;
    for (const auto &span : spans) {
        if (merged.empty() || !merged.back().touches(span))
            merged.push_back(span);
        else
            merged.back().end = std::max(merged.back().end, span.end);
    }
    return merged;
}

std::uint64_t @n@(std::uint64_t seed)
{
    std::vector<@C@Span> spans;
    std::generate_n(std::back_inserter(spans), @pow@, [&] {
        const auto begin = static_cast<std::int64_t>(atlas_next(&seed) % (@c@u * @small@u));
        return @C@Span{begin, begin + static_cast<std::int64_t>(atlas_next(&seed) % @a@u)};
    });
    const auto merged = @n@_merged(spans);
    std::uint64_t sum = merged.size();
    for (std::size_t at = 1; at < merged.size(); ++at) {
        const std::int64_t hole = merged[at].begin - merged[at - 1].end;
        if (hole <= 0)
            return 0;
        sum = atlas_fold(sum, static_cast<std::uint64_t>(hole));
    }
    return atlas_fold(sum, static_cast<std::uint64_t>(merged.back().end));
}
