#include <atomic>
#include <future>
#include <mutex>
#include <numeric>
#include <vector>
// A ledger that several hands may write, and a sum that is split between them.
class @C@Ledger {
public:
    void book(std::uint64_t amount)
    {
        const std::lock_guard<std::mutex> held(mutex_);
        entries_.push_back(amount);
        total_ += amount;
    }

    [[nodiscard]] std::uint64_t total() const { return total_.load(); }

    [[nodiscard]] std::uint64_t balance(std::size_t parts) const
    {
        std::vector<std::future<std::uint64_t>> shares;
        for (std::size_t part = 0; part < parts; ++part)
            shares.push_back(std::async(std::launch::deferred, [this, part, parts] {
                std::uint64_t share = 0;
                for (std::size_t at = part; at < entries_.size(); at += parts)
                    share += entries_[at];
                return share;
            }));
        return std::accumulate(shares.begin(), shares.end(), std::uint64_t{0},
                               [](std::uint64_t sum, auto &share) { return sum + share.get(); });
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::uint64_t> entries_;
    std::atomic<std::uint64_t> total_{0};
};

std::uint64_t @n@(std::uint64_t seed)
{
    @C@Ledger ledger;
    for (unsigned turn = 0; turn < @c@u; ++turn)
        ledger.book(atlas_next(&seed) % @prime@u);
    if (ledger.balance(@small@) != ledger.total())
        return 0;
    return atlas_fold(@a@u, ledger.total());
}
