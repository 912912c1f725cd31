#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace atlas {

/// Either a value or the reason why there is none.
template <typename Value> class Result {
public:
    static Result success(Value value) { return Result(std::in_place_index<0>, std::move(value)); }
    static Result failure(std::string reason) { return Result(std::in_place_index<1>, std::move(reason)); }

    [[nodiscard]] bool ok() const { return held_.index() == 0; }
    [[nodiscard]] const std::string &error() const { return std::get<1>(held_); }
    [[nodiscard]] const Value &value() const
    {
        if (!ok())
            throw std::logic_error(error());
        return std::get<0>(held_);
    }

private:
    template <std::size_t Index, typename Held>
    Result(std::in_place_index_t<Index> index, Held &&held) : held_(index, std::forward<Held>(held)) {}

    std::variant<Value, std::string> held_;
};

} // namespace atlas
