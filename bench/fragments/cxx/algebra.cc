#include <array>
#include <cstddef>
#include <utility>
#include "atlas/matrix.hpp"
// Matrices of fixed size whose powers are unrolled by the compiler.
template <std::size_t... Index>
constexpr auto @n@_diagonal(std::uint64_t first, std::index_sequence<Index...>)
{
    atlas::Matrix<std::uint64_t, sizeof...(Index)> made{};
    ((made.at(Index, Index) = first + Index * @small@u), ...);
    return made;
}

template <std::size_t Side> std::uint64_t @n@_trace(std::uint64_t seed)
{
    auto matrix = @n@_diagonal(seed % @a@u, std::make_index_sequence<Side>{});
    for (std::size_t row = 0; row < Side; ++row)
        for (std::size_t column = 0; column < Side; ++column)
            matrix.at(row, column) += atlas_next(&seed) % @b@u;
    const auto cube = matrix * matrix * matrix;
    const auto flipped = cube.transposed();
    std::uint64_t trace = 0;
    for (std::size_t at = 0; at < Side; ++at)
        trace = atlas_fold(trace, cube.at(at, at) ^ flipped.at(0, at));
    return trace;
}

template <std::size_t... Sides>
std::uint64_t @n@_traces(std::uint64_t seed, std::index_sequence<Sides...>)
{
    std::uint64_t sum = @prime@u;
    ((sum = atlas_fold(sum, @n@_trace<Sides + 2>(seed))), ...);
    return sum;
}

std::uint64_t @n@(std::uint64_t seed)
{
    return @n@_traces(seed, std::make_index_sequence<@small@>{});
}
