"""Media in an account's folder, put there as a server does."""

import contextlib
import hashlib
import sqlite3


@contextlib.contextmanager
def media_of(folder):
    """Has them open as a server has; yields what adds a file or replaces it."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(folder / "media.db", isolation_level=None)) as db:
        db.executescript(
            "pragma locking_mode = exclusive; pragma journal_mode = wal;"
            "create table if not exists media (fname text not null primary key, csum blob not null, "
            "size integer not null, usn integer not null, mtime integer not null);"
            "create table if not exists meta (last_usn integer not null, "
            "total_bytes integer not null, total_nonempty_files integer not null);"
            "insert into meta select 0, 0, 0 where not exists (select 1 from meta);"
            "pragma user_version = 4"
        )

        def add(name, content):
            row = (name, hashlib.sha1(content).digest(), len(content))
            db.execute("begin")
            db.execute("update meta set last_usn = last_usn + 1")
            db.execute(
                "insert or replace into media values (?, ?, ?, (select last_usn from meta), 0)", row
            )
            db.execute("commit")
            (folder / "new").write_bytes(content)
            (folder / "new").rename(folder / "media" / name)

        yield add
