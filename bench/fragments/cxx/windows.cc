#include <deque>
#include <numeric>
#include <set>
#include <vector>
// Sliding windows: the greatest, the median and the mean of the last readings.
class @C@Window {
public:
    explicit @C@Window(std::size_t width) : width_(width) {}

    void push(std::int64_t reading)
    {
        readings_.push_back(reading);
        ordered_.insert(reading);
        while (!peaks_.empty() && peaks_.back() < reading)
            peaks_.pop_back();
        peaks_.push_back(reading);
        if (readings_.size() <= width_)
            return;
        const std::int64_t gone = readings_.front();
        readings_.pop_front();
        ordered_.erase(ordered_.find(gone));
        if (peaks_.front() == gone)
            peaks_.pop_front();
    }

    [[nodiscard]] std::int64_t greatest() const { return peaks_.front(); }
    [[nodiscard]] std::int64_t median() const
    {
        return *std::next(ordered_.begin(), static_cast<std::ptrdiff_t>(ordered_.size() / 2));
    }
    [[nodiscard]] std::int64_t mean() const
    {
        const auto total = std::accumulate(readings_.begin(), readings_.end(), std::int64_t{0});
        return total / static_cast<std::int64_t>(readings_.size());
    }

private:
    std::size_t width_;
    std::deque<std::int64_t> readings_, peaks_;
    std::multiset<std::int64_t> ordered_;
};

std::uint64_t @n@(std::uint64_t seed)
{
    @C@Window window(@small@ * 2 + 1);
    std::uint64_t sum = @a@u;
    for (unsigned turn = 0; turn < @c@u; ++turn) {
        window.push(static_cast<std::int64_t>(atlas_next(&seed) % @prime@u));
        sum = atlas_fold(sum, static_cast<std::uint64_t>(window.greatest() - window.median()));
        sum = atlas_fold(sum, static_cast<std::uint64_t>(window.mean()));
    }
    return sum;
}
