-- on: empty
-- Of each object that is sent whole one of usn 3 and one of usn 4, all of mod 1600000000.
update notetypes set usn = 3;
insert into notetypes values (1600000000002, 'Second', 1600000000, 4, x'1a082e63617264207b7d');
insert into fields values (1600000000002, 0, 'Front', x'1a05417269616c2014'),
  (1600000000002, 1, 'Back', x'1a05417269616c2014');
insert into templates values (1600000000002, 0, 'Card 1', 1600000000, 4,
  x'0a097b7b46726f6e747d7d12087b7b4261636b7d7d');
update decks set usn = 3, mtime_secs = 1600000000;
insert into decks values (2, 'Second', 1600000000, 4, x'', x'0a020801'),
  (3, 'Filtered', 1600000000, 4, x'', x'12100801120c0a0669733a64756510641805');
update deck_config set usn = 3, mtime_secs = 1600000000;
insert into deck_config values (2, 'Second', 1600000000, 4, x'');
insert into tags values ('first', 3, 0, null), ('second', 4, 0, null);
