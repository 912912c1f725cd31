#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace atlas {

/// A sequence whose first elements live in place; the rest go to the heap.
template <typename T, std::size_t Near> class SmallVector {
public:
    void push_back(const T &value)
    {
        if (size_ < Near)
            near_[size_] = value;
        else
            far_.push_back(value);
        ++size_;
    }

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] T &operator[](std::size_t at) { return at < Near ? near_[at] : far_[at - Near]; }
    [[nodiscard]] const T &operator[](std::size_t at) const { return at < Near ? near_[at] : far_[at - Near]; }
    [[nodiscard]] T &back() { return (*this)[size_ - 1]; }
    [[nodiscard]] const T &back() const { return (*this)[size_ - 1]; }

private:
    std::array<T, Near> near_{};
    std::vector<T> far_;
    std::size_t size_ = 0;
};

} // namespace atlas
