// The tables of a collection, by the schema version that brought them. Only the upgrade and the
// creation of a collection use these.
#pragma once

namespace ankiwire::collection::sql {

inline constexpr const char* tables_11 = R"(
create table col (
  id integer primary key, crt integer not null, mod integer not null, scm integer not null,
  ver integer not null, dty integer not null, usn integer not null, ls integer not null,
  conf text not null, models text not null, decks text not null, dconf text not null,
  tags text not null);
create table notes (
  id integer primary key, guid text not null, mid integer not null, mod integer not null,
  usn integer not null, tags text not null, flds text not null,
  sfld integer not null,  -- an integer on purpose: numbers then sort as numbers
  csum integer not null, flags integer not null, data text not null);
create table cards (
  id integer primary key, nid integer not null, did integer not null, ord integer not null,
  mod integer not null, usn integer not null, type integer not null, queue integer not null,
  due integer not null, ivl integer not null, factor integer not null, reps integer not null,
  lapses integer not null, left integer not null, odue integer not null, odid integer not null,
  flags integer not null, data text not null);
create table revlog (
  id integer primary key, cid integer not null, usn integer not null, ease integer not null,
  ivl integer not null, lastIvl integer not null, factor integer not null, time integer not null,
  type integer not null);
)";

// Up to 17.
inline constexpr const char* graves_11 = R"(
create table graves (usn integer not null, oid integer not null, type integer not null);
)";

inline constexpr const char* tables_14 = R"(
create table deck_config (
  id integer primary key not null, name text not null collate unicase,
  mtime_secs integer not null, usn integer not null, config blob not null);
create table config (
  KEY text not null primary key, usn integer not null, mtime_secs integer not null,
  val blob not null) without rowid;
)";

inline constexpr const char* tables_15 = R"(
create table fields (
  ntid integer not null, ord integer not null, name text not null collate unicase,
  config blob not null, primary key (ntid, ord)) without rowid;
create table templates (
  ntid integer not null, ord integer not null, name text not null collate unicase,
  mtime_secs integer not null, usn integer not null, config blob not null,
  primary key (ntid, ord)) without rowid;
create table notetypes (
  id integer not null primary key, name text not null collate unicase,
  mtime_secs integer not null, usn integer not null, config blob not null);
create table decks (
  id integer primary key not null, name text not null collate unicase,
  mtime_secs integer not null, usn integer not null, common blob not null, kind blob not null);
)";

inline constexpr const char* tables_17 = R"(
create table tags (
  tag text not null primary key collate unicase, usn integer not null,
  collapsed boolean not null, config blob null) without rowid;
)";

inline constexpr const char* tables_18 = R"(
create table graves (
  oid integer not null, type integer not null, usn integer not null,
  primary key (oid, type)) without rowid;
)";

inline constexpr const char* indexes_11 = R"(
create index if not exists ix_notes_usn on notes (usn);
create index if not exists ix_cards_usn on cards (usn);
create index if not exists ix_revlog_usn on revlog (usn);
create index if not exists ix_cards_nid on cards (nid);
create index if not exists ix_cards_sched on cards (did, queue, due);
create index if not exists ix_revlog_cid on revlog (cid);
create index if not exists ix_notes_csum on notes (csum);
)";

inline constexpr const char* indexes_18 = R"(
create unique index if not exists idx_fields_name_ntid on fields (name, ntid);
create unique index if not exists idx_templates_name_ntid on templates (name, ntid);
create index if not exists idx_templates_usn on templates (usn);
create unique index if not exists idx_notetypes_name on notetypes (name);
create index if not exists idx_notetypes_usn on notetypes (usn);
create unique index if not exists idx_decks_name on decks (name);
create index if not exists idx_notes_mid on notes (mid);
create index if not exists idx_cards_odid on cards (odid) where odid != 0;
create index if not exists idx_graves_pending on graves (usn);
)";

}  // namespace ankiwire::collection::sql
