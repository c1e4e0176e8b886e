// What the two sides compare at the end of a sync (R-SANITY-01).
#include "collection/store_impl.hpp"

namespace ankiwire::collection {

Result<bool> CollectionStore::has_pending_rows() {
    TRY_ASSIGN(auto query, impl_->query("select exists (select 1 from cards where usn = -1) "
                                        "or exists (select 1 from notes where usn = -1) "
                                        "or exists (select 1 from revlog where usn = -1) "
                                        "or exists (select 1 from graves where usn = -1) "
                                        "or exists (select 1 from decks where usn = -1) "
                                        "or exists (select 1 from deck_config where usn = -1) "
                                        "or exists (select 1 from tags where usn = -1) "
                                        "or exists (select 1 from notetypes where usn = -1)"));
    TRY_ASSIGN(const auto* const row, query.next_row());
    return row->int64(0) != 0;
}

Result<SanityCounts> CollectionStore::counts() {
    TRY_ASSIGN(auto query, impl_->query("select (select count(*) from cards), "
                                        "(select count(*) from notes), "
                                        "(select count(*) from revlog), "
                                        "(select count(*) from graves), "
                                        "(select count(*) from notetypes), "
                                        "(select count(*) from decks), "
                                        "(select count(*) from deck_config)"));
    TRY_ASSIGN(const auto* const row, query.next_row());
    const auto count = [row](int column) { return clamp_to<std::uint32_t>(row->int64(column)); };
    SanityCounts counts;
    counts.cards = count(0);
    counts.notes = count(1);
    counts.revlog = count(2);
    counts.graves = count(3);
    counts.notetypes = count(4);
    counts.decks = count(5);
    counts.deck_configs = count(6);
    return counts;
}

}  // namespace ankiwire::collection
