-- on: empty
-- A note of usn 3, its card of usn 3, and a review of usn 4.
insert into notes values (1700000000001, 'guid1', 1600000000001, 1690000000, 3, ' tag1 ',
  'front' || char(31) || 'back', 'front', 1892246643, 0, '');
insert into cards values (1700000000002, 1700000000001, 1, 0, 1690000001, 3, 2, 2, 100, 10, 2500, 3,
  0, 0, 0, 0, 0, '{}');
insert into revlog values (1690000000003, 1700000000002, 4, 3, 10, 5, 2500, 4000, 1);
insert into tags values ('tag1', 3, 0, null);
