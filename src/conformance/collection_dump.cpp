#include "conformance/collection_dump.hpp"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <cstdint>

#include "conformance/collection_file.hpp"

namespace ankiwire::conformance {
namespace {

// Each column of the table as SQL, in one text.
std::string row_query(const std::string& table, const Node& columns) {
    std::string query = "select ";
    for (const auto& column : columns.elements) {
        query += query.ends_with("select ") ? "" : " || ', ' || ";
        query += "quote(\"" + column.elements[0].text + "\")";
    }
    return query + " from \"" + table + "\"";
}

// Without the comments that clients leave in it.
std::string statement_of(const std::string& sql) {
    std::string statement;
    for (std::string_view rest = sql; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto first = line.find_first_not_of(" \t");
        if (first != std::string_view::npos && !line.substr(first).starts_with("--")) {
            statement += statement.empty() ? "" : "\n";
            statement += line;
        }
    }
    return statement + ";\n";
}

// What joins fields would not be seen.
std::string visible(const std::string& row) {
    return boost::algorithm::replace_all_copy(row, "\x1f", "' || char(31) || '");
}

}  // namespace

Result<std::string> dump_collection(std::string_view file) {
    TRY_ASSIGN(const auto objects,
               query_collection(file,
                                "select type, name, sql from sqlite_master where sql is not null "
                                "and name not like 'sqlite\\_%' escape '\\' order by rowid"));
    std::string tables;
    std::string others;
    for (const auto& object : objects.elements) {
        const auto& name = object.elements[1].text;
        const auto statement = statement_of(object.elements[2].text);
        if (object.elements[0].text != "table") {
            others += statement;
            continue;
        }
        tables += statement;
        TRY_ASSIGN(const auto columns,
                   query_collection(file, "select name from pragma_table_info('" + name + "')"));
        TRY_ASSIGN(const auto rows, query_collection(file, row_query(name, columns), SIZE_MAX));
        for (const auto& row : rows.elements) {
            tables += "insert into " + name + " values (" + visible(row.elements[0].text) + ");\n";
        }
    }
    return tables + others;
}

Result<std::string> describe_collection(std::string_view file) {
    static const std::array<std::string, 2> queries = {
        "select ver, usn from col",
        "select (select count() from notes), (select count() from cards), "
        "(select count() from revlog)"};
    std::string text;
    for (const auto& query : queries) {
        TRY_ASSIGN(const auto rows, query_collection(file, query));
        text += "\n  " + query;
        for (const auto& row : rows.elements) {
            text += "\n  = ";
            for (const auto& cell : row.elements) {
                text += (text.ends_with("= ") ? "" : " | ") + to_text(cell);
            }
        }
    }
    return text;
}

}  // namespace ankiwire::conformance
