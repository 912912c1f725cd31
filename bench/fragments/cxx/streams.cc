#include <iomanip>
#include <sstream>
#include <string>
#include <vector>
// A table of text with aligned columns.
class @C@Table {
public:
    explicit @C@Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

    template <typename... Cells> void add(const Cells &...cells)
    {
        std::vector<std::string> row;
        (row.push_back(text_of(cells)), ...);
        rows_.push_back(std::move(row));
    }

    [[nodiscard]] std::string str() const
    {
        std::ostringstream out;
        for (const auto &title : titles_)
            out << std::setw(@small@ + 8) << title;
        out << '\n' << std::string(titles_.size() * (@small@ + 8), '-') << '\n';
        for (const auto &row : rows_) {
            for (const auto &cell : row)
                out << std::setw(@small@ + 8) << cell;
            out << '\n';
        }
        return out.str();
    }

private:
    template <typename Cell> static std::string text_of(const Cell &cell)
    {
        std::ostringstream out;
        out << std::fixed << std::setprecision(2) << cell;
        return out.str();
    }

    std::vector<std::string> titles_;
    std::vector<std::vector<std::string>> rows_;
};

std::uint64_t @n@(std::uint64_t seed)
{
    @C@Table table({"@w1@", "@w2@", "@w3@"});
    for (unsigned row = 0; row < @small@ + 5u; ++row)
        table.add("@w4@", atlas_next(&seed) % @a@u, static_cast<double>(row) / 4.0);
    const std::string text = table.str();
    return atlas_fold(text.size() + @b@u, atlas_hash_bytes(text.data(), text.size()));
}
