#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
// Comma-separated records, read without copying.
std::vector<std::string_view> @n@_split(std::string_view line, char separator)
{
    std::vector<std::string_view> fields;
    while (true) {
        const auto cut = line.find(separator);
        fields.push_back(line.substr(0, cut));
        if (cut == std::string_view::npos)
            return fields;
        line.remove_prefix(cut + 1);
    }
}

std::optional<std::int64_t> @n@_number(std::string_view field)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size())
        return std::nullopt;
    return value;
}

struct @C@Reading {
    std::string station;
    std::int64_t value;
};

std::optional<@C@Reading> @n@_parse(std::string_view line)
{
    const auto fields = @n@_split(line, ',');
    if (fields.size() != 3)
        return std::nullopt;
    const auto value = @n@_number(fields[1]);
    if (!value.has_value() || *value > @prime@)
        return std::nullopt;
    return @C@Reading{std::string(fields[0]), *value};
}

std::uint64_t @n@(std::uint64_t seed)
{
    std::uint64_t sum = @a@u, rejected = 0;
    for (unsigned turn = 0; turn < @pow@; ++turn) {
        std::string line = "@w1@" + std::to_string(turn % @small@) + ',' + std::to_string(atlas_next(&seed) % @c@u);
        line += turn % @small@ == 0 ? "x,@w2@" : ",@w3@";
        if (const auto reading = @n@_parse(line))
            sum = atlas_fold(sum, static_cast<std::uint64_t>(reading->value) + reading->station.size());
        else
            ++rejected;
    }
    return atlas_fold(sum, rejected);
}
