-- A collection of schema 11, as clients up to 2.1.56 upload it: everything but rows is JSON in col.
-- The usn of the next sync is 5.
create table col (id integer primary key, crt integer not null, mod integer not null,
  scm integer not null, ver integer not null, dty integer not null, usn integer not null,
  ls integer not null, conf text not null, models text not null, decks text not null,
  dconf text not null, tags text not null);
create table notes (id integer primary key, guid text not null, mid integer not null,
  mod integer not null, usn integer not null, tags text not null, flds text not null,
  sfld integer not null, csum integer not null, flags integer not null, data text not null);
create table cards (id integer primary key, nid integer not null, did integer not null,
  ord integer not null, mod integer not null, usn integer not null, type integer not null,
  queue integer not null, due integer not null, ivl integer not null, factor integer not null,
  reps integer not null, lapses integer not null, left integer not null, odue integer not null,
  odid integer not null, flags integer not null, data text not null);
create table revlog (id integer primary key, cid integer not null, usn integer not null,
  ease integer not null, ivl integer not null, lastIvl integer not null, factor integer not null,
  time integer not null, type integer not null);
create table graves (usn integer not null, oid integer not null, type integer not null);
create index ix_notes_usn on notes (usn);
create index ix_cards_usn on cards (usn);
create index ix_revlog_usn on revlog (usn);
create index ix_cards_nid on cards (nid);
create index ix_cards_sched on cards (did, queue, due);
create index ix_revlog_cid on revlog (cid);
create index ix_notes_csum on notes (csum);
insert into col values (1, 1600000000, 1700000000000, 1690000000000, 11, 0, 5, 0,
  '{"nextPos": 1, "curDeck": 1, "activeDecks": [1], "schedVer": 2, "sched2021": true, "rollover": 4}',
  '{"1600000000001": {"id": 1600000000001, "name": "Basic", "type": 0, "mod": 1600000000, "usn": 3,
    "sortf": 0, "did": 1, "css": ".card {}", "latexPre": "", "latexPost": "", "req": [[0, "any", [0]]],
    "tags": [], "vers": [],
    "tmpls": [{"name": "Card 1", "ord": 0, "qfmt": "{{Front}}", "afmt": "{{Back}}", "bqfmt": "", "bafmt": "",
      "did": null, "bfont": "", "bsize": 0}],
    "flds": [{"name": "Front", "ord": 0, "sticky": false, "rtl": false, "font": "Arial", "size": 20, "media": []},
      {"name": "Back", "ord": 1, "sticky": false, "rtl": false, "font": "Arial", "size": 20, "media": []}]}}',
  '{"1": {"id": 1, "name": "Default", "mod": 1600000000, "usn": 3, "lrnToday": [0, 0], "revToday": [0, 0],
    "newToday": [0, 0], "timeToday": [0, 0], "collapsed": false, "browserCollapsed": false, "desc": "",
    "dyn": 0, "conf": 1, "extendNew": 0, "extendRev": 0},
    "2": {"id": 2, "name": "Latin::Verbs", "mod": 1600000000, "usn": 3, "lrnToday": [0, 0], "revToday": [0, 0],
    "newToday": [0, 0], "timeToday": [0, 0], "collapsed": false, "browserCollapsed": false, "desc": "",
    "dyn": 0, "conf": 1, "extendNew": 0, "extendRev": 0}}',
  '{"1": {"id": 1, "name": "Default", "mod": 0, "usn": 3, "maxTaken": 60, "autoplay": true, "timer": 0,
    "replayq": true, "new": {"bury": true, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 7],
      "order": 1, "perDay": 20, "separate": true},
    "rev": {"bury": true, "ease4": 1.3, "fuzz": 0.05, "ivlFct": 1, "maxIvl": 36500, "perDay": 200,
      "minSpace": 1, "hardFactor": 1.2},
    "lapse": {"delays": [10], "leechAction": 0, "leechFails": 8, "minInt": 1, "mult": 0}, "dyn": false}}',
  '{"tag1": 3}');
insert into notes values (1700000000001, 'guid1', 1600000000001, 1690000000, 3, ' tag1 ',
  'front' || char(31) || 'back', 'front', 1892246643, 0, '');
insert into cards values (1700000000002, 1700000000001, 2, 0, 1690000001, 3, 2, 2, 100, 10, 2500, 3,
  0, 0, 0, 0, 0, '');
insert into graves values (3, 77, 0), (4, 77, 0);
