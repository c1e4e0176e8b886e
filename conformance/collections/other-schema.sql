-- on: one-note
-- After a change that asks for a full sync.
update col set scm = 1695000000000;
