#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include "atlas/result.hpp"
// Static polymorphism: rounding policies that cost nothing at run time.
template <typename Derived> struct @C@Policy {
    [[nodiscard]] atlas::Result<std::int64_t> divide(std::int64_t number, std::int64_t by) const
    {
        if (by == 0)
            return atlas::Result<std::int64_t>::failure("@w1@ divided by zero");
        return atlas::Result<std::int64_t>::success(static_cast<const Derived &>(*this).round(number, by));
    }
};

struct @C@Down : @C@Policy<@C@Down> {
    [[nodiscard]] std::int64_t round(std::int64_t number, std::int64_t by) const { return number / by; }
};

struct @C@Nearest : @C@Policy<@C@Nearest> {
    [[nodiscard]] std::int64_t round(std::int64_t number, std::int64_t by) const { return (number + by / 2) / by; }
};

template <std::int64_t Step> struct @C@Stepped : @C@Policy<@C@Stepped<Step>> {
    static_assert(Step > 0, "a step is positive");
    [[nodiscard]] std::int64_t round(std::int64_t number, std::int64_t by) const
    {
        return number / by / Step * Step;
    }
};

template <typename... Policies> std::uint64_t @n@_with(std::int64_t number, std::int64_t by)
{
    std::uint64_t sum = @a@u;
    const auto one = [&](const auto &policy) {
        const auto result = policy.divide(number, by);
        sum = atlas_fold(sum, result.ok() ? static_cast<std::uint64_t>(result.value()) : result.error().size());
    };
    (one(Policies{}), ...);
    return sum;
}

std::uint64_t @n@(std::uint64_t seed)
{
    std::uint64_t sum = seed % @prime@u;
    for (std::int64_t by = -2; by < @small@; ++by)
        sum = atlas_fold(sum, @n@_with<@C@Down, @C@Nearest, @C@Stepped<@small@>, @C@Stepped<@b@>>(
                                  static_cast<std::int64_t>(atlas_next(&seed) % @c@u), by));
    return sum;
}
