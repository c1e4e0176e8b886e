#!/usr/bin/python3
"""fuzz/seeds.py FOLDER

Writes what real clients have said (fixtures/captures) as inputs of the fuzzer `session`, one file a
sync. What a capture takes from replies is put in as far as it is known before; the rest is 1.
"""

import json
import pathlib
import re
import sys

CAPTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "captures"
METHODS = ("hostKey meta start applyGraves applyChanges chunk applyChunk sanityCheck2 finish abort "
           "upload download begin mediaChanges uploadChanges downloadFiles mediaSanity").split()
FIRST = ("hostKey", "meta", "begin")
LETTERS = "kmsgctrnfaUDbCulM"
STEP = re.compile(r"^(\w+): (\w+)((?: \w+=(?:\"[^\"]*\"|\S+))*) ?(.*?)\n->", re.M | re.S)
NAME = re.compile(r"<([\w.*]+)(?:\+\d+)?>")


def given(text):
    head = text[:text.index("\n\n")]
    return dict(re.findall(r"(\w+)=(\d+)", head))


def filled_in(text, values):
    return NAME.sub(lambda found: values.get(found[1], "1"), text)


def compact(body):
    return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)


def media_zip(body, values):
    """As session_fuzz.cpp has them: name=content|name|."""
    decoder = json.JSONDecoder()
    body = filled_in(body, values)
    changes, end = decoder.raw_decode(body)
    entries = decoder.raw_decode(body[end:].lstrip())[0] if body[end:].strip() else {}
    texts = {name: entry if isinstance(entry, str) else "bytes" for name, entry in entries.items()}
    return "|".join(f"{name}={texts[entry]}" if entry else name for name, entry in changes)


def line_of(step, sessions, values):
    client, method, options, body = step.groups()
    key = str(1 + sessions.setdefault(client, len(sessions)) % 3)
    form = "h" if "parts=" not in options else "p" if "c=0" in options else "g"
    if method == "upload":
        body = "2"
    elif body.startswith("zip "):
        body = media_zip(body[4:], values)
    elif body.startswith("text "):
        body = json.loads(body[5:])
    elif body == "nothing":
        body = ""
    elif body:
        body = compact(filled_in(body, values))
    return f"a{key}{form}{LETTERS[METHODS.index(method)]}{body}\n"


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(CAPTURES.glob("*/*.sync")):
        text = path.read_text()
        values, sessions = given(text), {}
        syncs = [""]
        for step in STEP.finditer(text):
            if step[2] in FIRST:
                syncs.append("")
            if step[2] in METHODS:
                syncs[-1] += line_of(step, sessions, values)
        for number, sync in enumerate(syncs):
            (folder / f"{path.parent.name}-{path.stem}-{number}").write_text(sync)


main(pathlib.Path(sys.argv[1]))
