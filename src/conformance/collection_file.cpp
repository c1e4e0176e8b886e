#include "conformance/collection_file.hpp"

#include <filesystem>
#include <utility>

#include "conformance/whole_file.hpp"
#include "files/temp_folder.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::conformance {
namespace {

Error malformed(Error error) {
    error.kind = ErrorKind::malformed;
    return error;
}

Node cell_of(const sqlite::Statement& row, int column) {
    Node cell;
    if (row.is_integer(column)) {
        cell.kind = Node::Kind::integer;
        cell.integer = row.int64(column);
    } else if (!row.is_null(column)) {
        cell.kind = Node::Kind::text;
        cell.text = row.text(column);
    }
    return cell;
}

}  // namespace

Result<std::string> make_collection(std::string_view sql) {
    const files::TempFolder folder;
    const auto path = folder.path() / "collection.anki2";
    TRY_ASSIGN(auto db, sqlite::Database::open(path, {.mode = sqlite::OpenMode::create}));
    // The file is read and thrown away.
    TRY(db.execute("pragma synchronous = off; pragma journal_mode = off; begin;"));
    if (auto done = db.execute(std::string(sql).c_str()); !done) {
        return malformed(std::move(done).error());
    }
    TRY(db.execute("commit"));
    TRY(db.close());
    return read_file(path);
}

Result<Node> query_collection(std::string_view file, const std::string& sql, std::size_t rows_max) {
    const files::TempFolder folder;
    const auto path = folder.path() / "collection.anki2";
    TRY(write_file(path, file));
    TRY_ASSIGN(auto db, sqlite::Database::open(path, {.untrusted = true}));
    auto query = db.prepare(sql);
    if (!query) {
        return malformed(std::move(query).error());
    }
    Node rows;
    rows.kind = Node::Kind::array;
    while (true) {
        const auto has_row = query->step();
        if (!has_row) {
            return malformed(has_row.error());
        }
        if (!*has_row) {
            return rows;
        }
        if (rows.elements.size() == rows_max) {
            return fail(ErrorKind::malformed, "more than " + std::to_string(rows_max) + " rows");
        }
        Node row;
        row.kind = Node::Kind::array;
        for (int column = 0; column < query->columns(); ++column) {
            row.elements.push_back(cell_of(*query, column));
        }
        rows.elements.push_back(std::move(row));
    }
}

}  // namespace ankiwire::conformance
