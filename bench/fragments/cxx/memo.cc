#include <functional>
#include <unordered_map>
#include <utility>
// A function that remembers what it has answered.
template <typename Answer, typename Question> class @C@Memo {
public:
    using Ask = std::function<Answer(Question)>;
    using Rule = std::function<Answer(const Ask &, Question)>;

    explicit @C@Memo(Rule rule) : rule_(std::move(rule)) {}

    Answer operator()(Question question)
    {
        if (const auto known = answers_.find(question); known != answers_.end()) {
            ++hits_;
            return known->second;
        }
        const Answer answer = rule_([this](Question smaller) { return (*this)(smaller); }, question);
        answers_.emplace(question, answer);
        return answer;
    }

    [[nodiscard]] std::size_t hits() const { return hits_; }

private:
    Rule rule_;
    std::unordered_map<Question, Answer> answers_;
    std::size_t hits_ = 0;
};

std::uint64_t @n@(std::uint64_t seed)
{
    @C@Memo<std::uint64_t, unsigned> fibonacci([&](const auto &ask, unsigned index) -> std::uint64_t {
        return index < 2 ? seed % @a@u + index : ask(index - 1) + ask(index - 2);
    });
    @C@Memo<std::uint64_t, unsigned> partitions([](const auto &ask, unsigned amount) -> std::uint64_t {
        std::uint64_t ways = 1;
        for (unsigned coin : {2u, @small@u, @small@u + 4u})
            if (amount >= coin)
                ways += ask(amount - coin);
        return ways % @prime@u;
    });
    return atlas_fold(fibonacci(@b@u % 80u) + fibonacci.hits(), partitions(@c@u) + partitions.hits());
}
