#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>
// Tasks that wait for each other, put in an order that works.
struct @C@Task {
    std::string name;
    std::vector<std::weak_ptr<@C@Task>> needs;
};

class @C@Plan {
public:
    std::shared_ptr<@C@Task> task(const std::string &name)
    {
        auto &known = tasks_[name];
        if (!known) {
            known = std::make_shared<@C@Task>(@C@Task{name, {}});
            order_.push_back(known);
        }
        return known;
    }

    void require(const std::string &name, const std::string &need) { task(name)->needs.push_back(task(need)); }

    [[nodiscard]] std::vector<std::string> schedule() const
    {
        std::vector<std::string> done;
        std::unordered_set<const @C@Task *> seen;
        for (const auto &each : order_)
            visit(*each, seen, done);
        return done;
    }

private:
    void visit(const @C@Task &each, std::unordered_set<const @C@Task *> &seen, std::vector<std::string> &done) const
    {
        if (!seen.insert(&each).second)
            return;
        for (const auto &need : each.needs)
            if (const auto alive = need.lock())
                visit(*alive, seen, done);
        done.push_back(each.name);
    }

    std::unordered_map<std::string, std::shared_ptr<@C@Task>> tasks_;
    std::vector<std::shared_ptr<@C@Task>> order_;
};

std::uint64_t @n@(std::uint64_t seed)
{
    @C@Plan plan;
    for (unsigned edge = 0; edge < @pow@; ++edge) {
        const auto from = atlas_next(&seed) % @a@u, to = atlas_next(&seed) % @a@u;
        plan.require("@w1@" + std::to_string(std::max(from, to)), "@w1@" + std::to_string(std::min(from, to)));
    }
    std::uint64_t sum = @b@u;
    for (const auto &name : plan.schedule())
        sum = atlas_fold(sum, atlas_hash_bytes(name.data(), name.size()));
    return sum;
}
