"""The works of bench/side-by-side. To add one is to add a line to WORKS, and if the load client has
not got it yet, a function to bench/load/works.hpp."""

import contextlib
import dataclasses
import sqlite3

from big_collection import make_collection

# What a work may show. "per second" is the more the better, all else the less.
PER_SECOND = "per second"
PER_CPU_SECOND = "per CPU s"
SECONDS = "seconds"
P50, P99, WORST = "p50 ms", "p99 ms", "worst ms"
MEMORY = "memory MB"
PEAK = "peak MB"


def nothing(_run):
    pass


@dataclasses.dataclass
class Work:
    name: str
    load: tuple  # what the load client is told; none: the server only starts
    shows: tuple
    users: int = 1
    collection: str = "small"  # of each user; a key of COLLECTIONS, or "": none
    before: object = nothing  # is given the run, whose server does not run yet
    file: str = ""  # a collection that the load client sends, or that what it gets must be like
    rounds_max: int = 100
    floor: tuple = ()  # what ankiwire-floor is told; none: the work has no floor
    growth_mb_max: float = 0  # of our server's memory, while it does the work; 0: whatever it takes


TRANSFER_MB_MAX = 8

# notes (each with a card), reviews
COLLECTIONS = {"small": (1000, 10_000), "big": (100_000, 1_000_000)}


def make_collections(folder):
    made = {}
    for name, (notes, reviews) in COLLECTIONS.items():
        made[name] = folder / f"{name}.anki2"
        make_collection(made[name], notes, reviews)
    return made


def rows_of(name):
    notes, reviews = COLLECTIONS[name]
    return 2 * notes + reviews


def notetype_of(collection):
    """With two fields."""
    with contextlib.closing(sqlite3.connect(collection)) as db:
        return db.execute("select min(id) from notetypes").fetchone()[0]


def send_media(run):
    with run.server:
        run.load("media-up", "--count", 10_000)


def list_media(run):
    """100 000 rows without files, in the list that the server has made."""
    with run.server:
        run.load("media-up", "--count", 25)
    with contextlib.closing(sqlite3.connect(run.server.folder / "user1" / "media.db")) as db:
        db.execute("delete from media")
        db.executemany(
            "insert into media (fname, csum, size, usn, mtime) values (?, ?, 10000, ?, 0)",
            ((f"{usn:06}.jpg", usn.to_bytes(20, "big"), usn) for usn in range(1, 100_001)),
        )
        db.execute("update meta set last_usn = 100000, total_bytes = 1000000000, "
                   "total_nonempty_files = 100000")
        db.commit()


def small_syncs(users, count):
    name = f"small syncs, {users} user{'s' * (users > 1)}"
    floor = ("commits", "--count", count) if users == 1 else ()
    return Work(name, ("small-syncs", "--count", count), (PER_SECOND, P99), users, floor=floor)


WORKS = [
    small_syncs(1, 2000),
    small_syncs(8, 300),
    small_syncs(64, 40),
    Work("chunk: 1 200 000 rows out", ("chunk", "--count", rows_of("big")),
         (PER_SECOND, PER_CPU_SECOND), collection="big", floor=("chunk",)),
    Work("applyChunk: 180 000 rows in", ("apply-chunk", "--count", 180_000),
         (PER_SECOND, PER_CPU_SECOND), floor=("apply-chunk", "--count", 180_000)),
    Work("applyChanges: 5 000 decks, 200 notetypes, 20 000 tags", ("apply-changes",), (SECONDS,)),
    Work("upload of 122 MB", ("upload",), (SECONDS,), file="big", floor=("upload",),
         growth_mb_max=TRANSFER_MB_MAX),
    Work("download of 122 MB", ("download",), (SECONDS,), collection="big", file="big",
         floor=("download",), growth_mb_max=TRANSFER_MB_MAX),
    Work("meta while another user uploads 122 MB", ("meta-during-upload",), (P50, P99, WORST), 2,
         file="big"),
    Work("meta while another user downloads 122 MB", ("meta-during-download", "--count", 3),
         (P50, P99, WORST), 2, "big", file="big"),
    Work("meta while somebody guesses a password", ("meta-during-guesses", "--count", 10),
         (P50, P99, WORST), 2),
    Work("logins, 8 at once", ("logins", "--count", 4), (PER_SECOND,), 8),
    Work("10 000 media files of 10 kB up", ("media-up", "--count", 10_000),
         (PER_SECOND, PER_CPU_SECOND), growth_mb_max=TRANSFER_MB_MAX),
    Work("10 000 media files of 10 kB down", ("media-down", "--count", 10_000),
         (PER_SECOND, PER_CPU_SECOND), before=send_media,
         growth_mb_max=TRANSFER_MB_MAX),
    Work("mediaChanges: 100 000 rows", ("media-changes", "--count", 100_000),
         (PER_SECOND, PER_CPU_SECOND), before=list_media),
    Work("1 000 open connections", ("connections", "--count", 1000), (SECONDS, MEMORY)),
    Work("idle with 20 users", (), (MEMORY,), 20),
    Work("20 users after the first sync of 122 MB", ("chunk", "--count", rows_of("big")),
         (MEMORY, PEAK), 20, "big", rounds_max=1),
    Work("school: 200 users within 60 s, 30 download 122 MB",
         ("school", "--count", 30, "--seconds", 60), (P50, P99, WORST, PEAK), 200, "school",
         file="big", rounds_max=1),
    Work("start with 1 000 users", (), (SECONDS,), 1000, "", rounds_max=1),
]
