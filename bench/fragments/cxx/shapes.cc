#include <array>
#include <variant>
#include <vector>
// Shapes as a closed family: one visitor measures, another transforms.
struct @C@Circle { double radius; };
struct @C@Box { double width, height; };
struct @C@Triangle { std::array<double, 3> sides; };
struct @C@Group { std::vector<double> areas; };

using @C@Shape = std::variant<@C@Circle, @C@Box, @C@Triangle, @C@Group>;

template <class... Cases> struct @C@Match : Cases... { using Cases::operator()...; };
template <class... Cases> @C@Match(Cases...) -> @C@Match<Cases...>;

double @n@_area(const @C@Shape &shape)
{
    return std::visit(@C@Match{
        [](const @C@Circle &circle) { return 3.0 * circle.radius * circle.radius; },
        [](const @C@Box &box) { return box.width * box.height; },
        [](const @C@Triangle &triangle) { return triangle.sides[0] * triangle.sides[1] / 2.0; },
        [](const @C@Group &group) {
            double total = 0;
            for (double area : group.areas)
                total += area;
            return total;
        },
    }, shape);
}

@C@Shape @n@_scaled(const @C@Shape &shape, double factor)
{
    return std::visit(@C@Match{
        [=](@C@Circle circle) -> @C@Shape { circle.radius *= factor; return circle; },
        [=](@C@Box box) -> @C@Shape { box.width *= factor; box.height *= factor; return box; },
        [=](@C@Triangle triangle) -> @C@Shape {
            for (double &side : triangle.sides)
                side *= factor;
            return triangle;
        },
        [](const @C@Group &group) -> @C@Shape { return group; },
    }, shape);
}

std::uint64_t @n@(std::uint64_t seed)
{
    std::vector<@C@Shape> shapes;
    for (unsigned turn = 0; turn < @pow@; ++turn) {
        const double size = static_cast<double>(atlas_next(&seed) % @a@u);
        switch (turn % 4) {
        case 0: shapes.emplace_back(@C@Circle{size}); break;
        case 1: shapes.emplace_back(@C@Box{size, @small@}); break;
        case 2: shapes.emplace_back(@C@Triangle{{size, @small@, size}}); break;
        default: shapes.emplace_back(@C@Group{{@n@_area(shapes.front()), size}}); break;
        }
    }
    std::uint64_t sum = @b@u;
    for (const auto &shape : shapes)
        sum = atlas_fold(sum, static_cast<std::uint64_t>(@n@_area(@n@_scaled(shape, 2.0)) * 8.0));
    return sum;
}
