-- on: one-note
-- A second note with its card, and a second deck, below the first: all of usn 3.
insert into notes values (1700000000011, 'guid2', 1600000000001, 1690000000, 3, '',
  'plain' || char(31) || 'back', 'plain', 1757703812, 0, '');
insert into cards values (1700000000012, 1700000000011, 1, 0, 1690000001, 3, 2, 2, 200, 10, 2500, 3,
  0, 0, 0, 0, 0, '{}');
insert into decks values (1700000000100, 'Default' || char(31) || 'Latin', 1690000000, 3, x'', x'0a020801');
