#include <map>
#include <string>
#include <vector>
// Counts words and answers which of them is most common.
class @C@Vocabulary {
public:
    void learn(const std::string &sentence)
    {
        std::string word;
        for (char letter : sentence) {
            if (letter != ' ') {
                word.push_back(letter);
                continue;
            }
            remember(word);
            word.clear();
        }
        remember(word);
    }

    [[nodiscard]] std::vector<std::string> at_least(unsigned times) const
    {
        std::vector<std::string> found;
        for (const auto &[word, count] : counts_)
            if (count >= times)
                found.push_back(word);
        return found;
    }

    [[nodiscard]] std::size_t size() const { return counts_.size(); }

private:
    void remember(const std::string &word)
    {
        if (!word.empty())
            ++counts_[word];
    }

    std::map<std::string, unsigned> counts_;
};

std::uint64_t @n@(std::uint64_t seed)
{
    static const char *const words[] = {"@w1@", "@w2@", "@w3@", "@w4@", "@w1@s", "un@w2@"};
    @C@Vocabulary vocabulary;
    for (unsigned line = 0; line < @small@ * 3u; ++line) {
        std::string sentence;
        for (unsigned word = 0; word < @small@ + 3u; ++word)
            sentence += std::string(words[atlas_next(&seed) % 6]) + ' ';
        vocabulary.learn(sentence);
    }
    std::uint64_t sum = vocabulary.size();
    for (const auto &word : vocabulary.at_least(@small@ / 2u))
        sum = atlas_fold(sum, atlas_hash_bytes(word.data(), word.size()));
    return sum;
}
