#pragma once

#include <array>
#include <cstddef>

namespace atlas {

/// A square matrix whose size is part of its type.
template <typename Number, std::size_t Side> class Matrix {
public:
    constexpr Number &at(std::size_t row, std::size_t column) { return cells_[row * Side + column]; }
    constexpr const Number &at(std::size_t row, std::size_t column) const { return cells_[row * Side + column]; }

    friend constexpr Matrix operator*(const Matrix &left, const Matrix &right)
    {
        Matrix product{};
        for (std::size_t row = 0; row < Side; ++row)
            for (std::size_t inner = 0; inner < Side; ++inner)
                for (std::size_t column = 0; column < Side; ++column)
                    product.at(row, column) += left.at(row, inner) * right.at(inner, column);
        return product;
    }

    [[nodiscard]] constexpr Matrix transposed() const
    {
        Matrix flipped{};
        for (std::size_t row = 0; row < Side; ++row)
            for (std::size_t column = 0; column < Side; ++column)
                flipped.at(column, row) = at(row, column);
        return flipped;
    }

private:
    std::array<Number, Side * Side> cells_{};
};

} // namespace atlas
