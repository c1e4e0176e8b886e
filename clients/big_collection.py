"""A collection of 120 MB, of which packing leaves about 50 MB; or a smaller one of the kind."""

import json
import random
import sqlite3

from rawclient import RawClient
from server import Server

NOTES = 100_000
REVIEWS = 1_000_000


def make_collection(path, notes=NOTES, reviews=REVIEWS):
    """With a card of each note. From the new collection of a server, which works in a folder beside
    it for that."""
    with Server("ours", path.with_suffix(".server")) as server:
        raw = RawClient(server.endpoint)
        raw.log_in()
        path.write_bytes(raw.call("download").content)
    pick = random.Random(1)
    words = ["".join(pick.choices("abcdefghijklmnoprstuvwxyz", k=pick.randint(2, 9)))
             for _ in range(5000)]
    db = sqlite3.connect(path)
    db.create_collation("unicase", lambda a, b: (a > b) - (a < b))
    (notetype,) = db.execute("select min(id) from notetypes").fetchone()
    text = lambda: " ".join(pick.choices(words, k=20))  # noqa: E731
    db.executemany(
        "insert into notes values (?, ?, ?, 1700000000, 1, '', ?, ?, ?, 0, '')",
        ((i, f"guid{i}", notetype, f"{text()}\x1f{text()}", text(), pick.getrandbits(32))
         for i in range(1, notes + 1)),
    )
    db.executemany(
        "insert into cards values (?, ?, 1, 0, 1700000000, 1, 2, 2, ?, ?, 2500, 9, 0, 0, 0, 0, 0, ?)",
        ((i, i, i % 900, 1 + i % 300, json.dumps({"pos": i, "s": pick.random(), "d": 5}))
         for i in range(1, notes + 1)),
    )
    db.executemany(
        "insert into revlog values (?, ?, 1, ?, ?, ?, 2500, ?, 1)",
        ((1_500_000_000_000 + 60_000 * i, pick.randint(1, notes), pick.randint(1, 4),
          pick.randint(1, 300), pick.randint(1, 300), pick.randint(900, 20_000))
         for i in range(reviews)),
    )
    db.execute("update col set mod = 1700000000000, usn = 2")
    db.commit()
    db.execute("vacuum")
    db.close()
