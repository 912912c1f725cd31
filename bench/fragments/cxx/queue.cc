#include <functional>
#include <limits>
#include <queue>
#include <tuple>
#include <vector>
// Shortest ways across a weighted grid.
class @C@Map {
public:
    using Step = std::tuple<std::uint32_t, std::size_t>;

    @C@Map(std::size_t width, std::uint64_t seed) : width_(width), costs_(width * width)
    {
        for (auto &cost : costs_)
            cost = static_cast<std::uint32_t>(atlas_next(&seed) % @a@u + 1u);
    }

    [[nodiscard]] std::vector<std::uint32_t> distances(std::size_t start) const
    {
        std::vector<std::uint32_t> best(costs_.size(), std::numeric_limits<std::uint32_t>::max());
        std::priority_queue<Step, std::vector<Step>, std::greater<>> open;
        best[start] = 0;
        open.emplace(0u, start);
        while (!open.empty()) {
            const auto [distance, place] = open.top();
            open.pop();
            if (distance > best[place])
                continue;
            for (std::size_t next : neighbours(place)) {
                const std::uint32_t through = distance + costs_[next];
                if (through >= best[next])
                    continue;
                best[next] = through;
                open.emplace(through, next);
            }
        }
        return best;
    }

private:
    [[nodiscard]] std::vector<std::size_t> neighbours(std::size_t place) const
    {
        std::vector<std::size_t> found;
        if (place % width_ != 0)
            found.push_back(place - 1);
        if ((place + 1) % width_ != 0)
            found.push_back(place + 1);
        if (place >= width_)
            found.push_back(place - width_);
        if (place + width_ < costs_.size())
            found.push_back(place + width_);
        return found;
    }

    std::size_t width_;
    std::vector<std::uint32_t> costs_;
};

std::uint64_t @n@(std::uint64_t seed)
{
    const @C@Map map(@small@ + 12u, seed);
    std::uint64_t sum = @b@u;
    for (std::uint32_t distance : map.distances(@small@))
        sum = atlas_fold(sum, distance);
    return sum;
}
