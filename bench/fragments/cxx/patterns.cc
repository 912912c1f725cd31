#include <regex>
#include <string>
#include <vector>
// Log lines, taken apart by regular expressions.
struct @C@Event {
    std::string source;
    unsigned code = 0;
};

std::vector<@C@Event> @n@_events(const std::string &text)
{
    static const std::regex line(R"((@w1@|@w2@|@w3@)\[(\d+)\]:\s*([a-z_]+)=(\w*))");
    std::vector<@C@Event> events;
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at)
        events.push_back({(*at)[1].str() + '.' + (*at)[3].str(),
                          static_cast<unsigned>(std::stoul((*at)[2].str()))});
    return events;
}

std::string @n@_redacted(const std::string &text)
{
    static const std::regex secret(R"(=\w+)");
    return std::regex_replace(text, secret, "=@small@");
}

std::uint64_t @n@(std::uint64_t seed)
{
    static const char *const sources[] = {"@w1@", "@w2@", "@w3@", "@w4@"};
    std::string text;
    for (unsigned turn = 0; turn < @small@; ++turn) {
        text += sources[atlas_next(&seed) % 4];
        text += '[' + std::to_string(atlas_next(&seed) % @a@u) + "]: @w4@_@w1@=" + std::to_string(turn) + '\n';
    }
    std::uint64_t sum = @b@u;
    for (const auto &event : @n@_events(text))
        sum = atlas_fold(sum, atlas_hash_bytes(event.source.data(), event.source.size()) ^ event.code);
    const std::string redacted = @n@_redacted(text);
    return atlas_fold(sum, atlas_hash_bytes(redacted.data(), redacted.size()));
}
