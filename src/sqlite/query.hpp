// Prepared statements kept by their SQL, with typed binding.
// Invariant: a statement is prepared once per connection, and is reset when its Query goes, so that
// no read stays open behind a caller's back (it would hold up checkpoints).
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/ids.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sqlite {

// A value to bind as a blob; strings are bound as text.
struct Blob {
    std::string_view bytes;
};

// A prepared statement in use.
class Query {
public:
    explicit Query(Statement& statement) : statement_(&statement) {}
    Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Query& operator=(Query&&) = delete;
    ~Query() {
        if (statement_ != nullptr) {
            statement_->reset();
        }
    }

    // Binds all parameters. Text must live until the rows are read.
    template <class... Values>
    Query& bind(const Values&... values) {
        int index = 0;
        (bind_one(++index, values), ...);
        return *this;
    }
    // For statements without rows.
    template <class... Values>
    Result<void> run(const Values&... values) {
        return bind(values...).statement_->run();
    }
    // Calls fn(const Statement&), which returns Result<void>, for each row.
    template <class Fn>
    Result<void> for_each(Fn&& fn) {
        for (;;) {
            TRY_ASSIGN(const bool has_row, statement_->step());
            if (!has_row) {
                statement_->reset();
                return {};
            }
            TRY(fn(std::as_const(*statement_)));
        }
    }
    // The next row, to be read before the Query goes or is asked again; nullptr if there is none.
    Result<const Statement*> next_row() {
        TRY_ASSIGN(const bool has_row, statement_->step());
        return has_row ? std::as_const(statement_) : nullptr;
    }

private:
    void bind_one(int index, std::integral auto value) {
        statement_->bind(index, static_cast<std::int64_t>(value));
    }
    void bind_one(int index, std::string_view text) { statement_->bind_text_static(index, text); }
    void bind_one(int index, const Blob& blob) { statement_->bind_blob(index, blob.bytes); }
    template <class Tag, class Rep>
    void bind_one(int index, const Number<Tag, Rep>& number) {
        bind_one(index, number.value);
    }

    Statement* statement_;
};

class StatementCache {
public:
    // `sql` must live as long as the cache: a literal.
    Result<Query> query(Database& db, std::string_view sql) {
        auto found = statements_.find(sql);
        if (found == statements_.end()) {
            TRY_ASSIGN(auto statement, db.prepare(sql));
            found = statements_.emplace(sql, std::move(statement)).first;
        }
        return Query(found->second);
    }
    // Before the database is closed.
    void clear() { statements_.clear(); }

private:
    std::unordered_map<std::string_view, Statement> statements_;
};

}  // namespace ankiwire::sqlite
