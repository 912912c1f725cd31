#include <memory>
#include <stdexcept>
#include <string>
// An expression tree that evaluates, derives and prints itself.
class @C@Node {
public:
    virtual ~@C@Node() = default;
    [[nodiscard]] virtual std::int64_t value(std::int64_t variable) const = 0;
    [[nodiscard]] virtual std::string text() const = 0;
};

using @C@NodePtr = std::unique_ptr<@C@Node>;

class @C@Constant final : public @C@Node {
public:
    explicit @C@Constant(std::int64_t constant) : constant_(constant) {}
    [[nodiscard]] std::int64_t value(std::int64_t) const override { return constant_; }
    [[nodiscard]] std::string text() const override { return std::to_string(constant_); }

private:
    std::int64_t constant_;
};

class @C@Variable final : public @C@Node {
public:
    [[nodiscard]] std::int64_t value(std::int64_t variable) const override { return variable; }
    [[nodiscard]] std::string text() const override { return "@w1@"; }
};

class @C@Operation final : public @C@Node {
public:
    @C@Operation(char sign, @C@NodePtr left, @C@NodePtr right)
        : sign_(sign), left_(std::move(left)), right_(std::move(right)) {}

    [[nodiscard]] std::int64_t value(std::int64_t variable) const override
    {
        const std::int64_t left = left_->value(variable), right = right_->value(variable);
        switch (sign_) {
        case '+': return (left + right) % @prime@;
        case '-': return (left - right) % @prime@;
        case '*': return (left * right) % @prime@;
        default: throw std::invalid_argument(std::string("no operation ") + sign_);
        }
    }

    [[nodiscard]] std::string text() const override
    {
        return '(' + left_->text() + ' ' + sign_ + ' ' + right_->text() + ')';
    }

private:
    char sign_;
    @C@NodePtr left_, right_;
};

@C@NodePtr @n@_grow(std::uint64_t &seed, unsigned depth)
{
    if (depth == 0) {
        if (atlas_next(&seed) % 3 == 0)
            return std::make_unique<@C@Variable>();
        return std::make_unique<@C@Constant>(static_cast<std::int64_t>(atlas_next(&seed) % @a@u));
    }
    auto left = @n@_grow(seed, depth - 1);
    auto right = @n@_grow(seed, depth - 1);
    return std::make_unique<@C@Operation>("+-*"[atlas_next(&seed) % 3], std::move(left), std::move(right));
}

std::uint64_t @n@(std::uint64_t seed)
{
    const @C@NodePtr tree = @n@_grow(seed, @small@ % 4 + 3);
    const std::string text = tree->text();
    std::uint64_t sum = atlas_hash_bytes(text.data(), text.size());
    for (std::int64_t variable = -@small@; variable <= @small@; ++variable)
        sum = atlas_fold(sum, static_cast<std::uint64_t>(tree->value(variable)));
    return sum;
}
