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

Result<ContentCounts> CollectionStore::Impl::counts_of_rows() {
    if (!kept_counts.now()) {
        TRY_ASSIGN(auto* const db, database());
        TRY_ASSIGN(const auto counted, count_contents(*db));
        kept_counts.learn(counted);
    }
    return *kept_counts.now();
}

Result<SanityCounts> CollectionStore::counts() {
    TRY_ASSIGN(const auto rows, impl_->counts_of_rows());
    TRY_ASSIGN(auto query, impl_->query("select (select count(*) from graves), "
                                        "(select count(*) from notetypes), "
                                        "(select count(*) from decks), "
                                        "(select count(*) from deck_config)"));
    TRY_ASSIGN(const auto* const row, query.next_row());
    const auto count = [row](int column) { return clamp_to<std::uint32_t>(row->int64(column)); };
    SanityCounts counts;
    counts.cards = clamp_to<std::uint32_t>(rows.cards);
    counts.notes = clamp_to<std::uint32_t>(rows.notes);
    counts.revlog = clamp_to<std::uint32_t>(rows.reviews);
    counts.graves = count(0);
    counts.notetypes = count(1);
    counts.decks = count(2);
    counts.deck_configs = count(3);
    return counts;
}

}  // namespace ankiwire::collection
