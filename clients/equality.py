"""When two devices are equal, table by table; and in words, where they are not.

Compared, by default: notes without flags and data; cards, with `data`; all of revlog; decks, notetypes and deck
configs by content and mod; config keys and values; tag names; mod, scm and crt of the collection.
Between two devices the mod of the collection cannot be equal: each sync moves it, and only the device
that synced last has the server's. Not compared: usn of anything, config times, whether a tag is collapsed, template times, graves.
Versions know different members of the JSON objects, and the server adds to them on their way: where
an older version takes part, a member counts that both have.
"""

TABLES = ("notes", "cards", "revlog", "notetypes", "decks", "deck_configs", "config", "tags")
OPEN_OBJECTS = ("cards", "notetypes", "decks", "deck_configs")
MAX_LINES = 40


def differences(left, right, all_members=True, same_mod=True):
    """Lines that say where two dumps differ; none if they are equal."""
    found = []
    for table in TABLES:
        lenient = not all_members and table in OPEN_OBJECTS
        found += compare(table, left[table], right[table], lenient, depth=0)
    for member in ("crt", "scm", "mod") if same_mod else ("crt", "scm"):
        found += compare(f"col.{member}", left["col"][member], right["col"][member], False, 0)
    return found[:MAX_LINES]


def compare(path, left, right, lenient, depth):
    if isinstance(left, dict) and isinstance(right, dict):
        keys = left.keys() | right.keys()
        if lenient and depth > 0:  # depth 0 is the table: its keys are ids
            keys = left.keys() & right.keys()
        return [
            line
            for key in sorted(keys)
            for line in compare(
                f"{path}.{key}",
                left.get(key, "(absent)"),
                right.get(key, "(absent)"),
                lenient,
                depth + 1,
            )
        ]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            line
            for i, (a, b) in enumerate(zip(left, right))
            for line in compare(f"{path}[{i}]", a, b, lenient, depth + 1)
        ]
    return [] if left == right else [f"{path}: {left!r} | {right!r}"]
