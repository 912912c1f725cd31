#include <algorithm>
#include <numeric>
#include <vector>
// A sorted set in a vector, with the set operations of the standard library.
template <typename T> class @C@Set {
public:
    explicit @C@Set(std::vector<T> values) : values_(std::move(values))
    {
        std::sort(values_.begin(), values_.end());
        values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    }

    [[nodiscard]] bool has(const T &value) const
    {
        return std::binary_search(values_.begin(), values_.end(), value);
    }

    [[nodiscard]] @C@Set both(const @C@Set &other) const
    {
        std::vector<T> common;
        std::set_intersection(values_.begin(), values_.end(), other.values_.begin(),
                              other.values_.end(), std::back_inserter(common));
        return @C@Set(std::move(common));
    }

    [[nodiscard]] @C@Set either(const @C@Set &other) const
    {
        std::vector<T> all;
        std::set_union(values_.begin(), values_.end(), other.values_.begin(),
                       other.values_.end(), std::back_inserter(all));
        return @C@Set(std::move(all));
    }

    [[nodiscard]] const std::vector<T> &values() const { return values_; }

private:
    std::vector<T> values_;
};

std::uint64_t @n@(std::uint64_t seed)
{
    std::vector<std::@u@> low(@pow@), high(@pow@);
    std::generate(low.begin(), low.end(), [&] { return static_cast<std::@u@>(atlas_next(&seed) % @c@u); });
    std::generate(high.begin(), high.end(), [&] { return static_cast<std::@u@>(atlas_next(&seed) % @c@u + @a@u); });
    const @C@Set<std::@u@> left(std::move(low)), right(std::move(high));
    const auto common = left.both(right);
    const auto all = left.either(right);
    std::uint64_t sum = common.values().size() * @prime@u + all.values().size();
    if (!common.values().empty() && !left.has(common.values().front()))
        return 0;
    return std::accumulate(all.values().begin(), all.values().end(), sum,
                           [](std::uint64_t total, std::@u@ value) { return atlas_fold(total, value); });
}
