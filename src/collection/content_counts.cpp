#include "collection/content_counts.hpp"

namespace ankiwire::collection {

Result<ContentCounts> count_contents(sqlite::Database& db) {
    TRY_ASSIGN(const auto notes, db.query_int64("select count(*) from notes"));
    TRY_ASSIGN(const auto cards, db.query_int64("select count(*) from cards"));
    TRY_ASSIGN(const auto reviews, db.query_int64("select count(*) from revlog"));
    return ContentCounts{.notes = notes, .cards = cards, .reviews = reviews};
}

}  // namespace ankiwire::collection
