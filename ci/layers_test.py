#!/usr/bin/env python3
"""Holds the tree to its own rules: which folder may include which, what stays inside one folder, and
the size of files. Says how much it looked at; a folder in which it finds nothing is an error.

The arrows are those of spec/decisions and src/CMakeLists.txt: whoever adds one, adds it here.
"""

import pathlib
import re
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent

# folder -> folders that it may include, besides itself
ALLOWED = {
    "base": set(),
    "zstd": {"base"},
    "json": {"base"},
    "files": {"base"},
    "model": {"base"},
    "schema11": {"base", "json", "model"},
    "wire": {"base", "json", "model", "schema11"},
    "sqlite": {"base", "files", "model"},
    "zip": {"base", "files"},
    "media": {"base", "files", "json", "model", "sqlite", "zip"},
    "collection": {"base", "files", "json", "model", "schema11", "sqlite", "zstd"},
    "backup": {"base", "collection", "files", "media", "sqlite"},
    "protocol": {"base", "collection", "files", "model", "wire"},
    # Nothing that it shares with the server may hide the server's mistakes.
    "conformance": {"base", "files", "sqlite", "zip", "zstd"},
    # Of bench/: ankiwire-floor, ankiwire-load and ankiwire-parts.
    "floor": {"base", "load"},
    "load": {"base", "files", "json", "media", "model", "wire", "zip", "zstd"},
    "parts": {"base", "collection", "files", "json", "load", "media", "model", "rig", "schema11", "wire",
              "zstd"},
    "rig": {"base", "media", "server", "wire", "zstd"},
    "sim": {"backup", "base", "collection", "files", "json", "media", "model", "rig", "server", "sqlite",
            "wire", "zip", "zstd"},
    "server": {"backup", "base", "collection", "files", "json", "media", "model", "protocol", "sqlite",
               "wire", "zip", "zstd"},
}

# pattern -> files (by prefix below src/ or bench/) that may have it
BANNED = {
    r"#include <boost/": ["server/", "conformance/", "rig/"],
    r"#include <sqlite3\.h>": ["floor/", "sqlite/"],
    r"#include <simdjson\.h>": ["json/"],
    r"#include <zlib\.h>": ["zip/"],
    r"#include <zstd\.h>": ["floor/", "zstd/"],
    r"#include <spdlog/": ["server/", "sim/"],
    r"\bsystem_clock\b|\bgettimeofday\b|\bclock_gettime\b|\bstd::time\(": [
        "base/clock.hpp", "sim/system_calls.cpp"],
    r"\bgetenv\b|\benviron\b": ["server/"],
    r"\bstd::random_device\b|\brand\(\)": ["server/", "conformance/"],
    r"\bTODO\b|\bFIXME\b|\bXXX\b": [],
}
# Tests may look at the environment and the schema; nothing else is relaxed for them.
RELAXED_IN_TESTS = {r"\bgetenv\b|\benviron\b"}

LINE_CHARS_MAX = 100
SOURCE_LINES_MAX = 500
HEADER_LINES_MAX = 220

INCLUDE = re.compile(
    rf'^\s*#\s*include\s*(?:"|<(?=(?:{"|".join(ALLOWED)})/))([a-z0-9_]+)/', re.MULTILINE
)
LINK = re.compile(r"\bankiwire_([a-z0-9_]+)")


def problems_of_file(path, name, text):
    folder = name.split("/")[0]
    is_test = name.endswith("_test.cpp")
    for included in INCLUDE.findall(text):
        if included != folder and included not in ALLOWED[folder]:
            yield f"{name}: {folder} may not include {included}"
    for pattern, homes in BANNED.items():
        if any(name.startswith(home) for home in homes):
            continue
        if is_test and pattern in RELAXED_IN_TESTS:
            continue
        if match := re.search(pattern, text):
            yield f"{name}: `{match.group()}` belongs elsewhere ({', '.join(homes) or 'nowhere'})"
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        # A raw string holds other people's text.
        if len(line) > LINE_CHARS_MAX and "Error loading" not in line:
            yield f"{name}:{number}: {len(line)} characters"
    limit = HEADER_LINES_MAX if path.suffix == ".hpp" else SOURCE_LINES_MAX
    if len(lines) > limit and not is_test:
        yield f"{name}: {len(lines)} lines"
    if path.suffix == ".hpp" and not text.startswith("// "):
        yield f"{name}: a header opens with its purpose"


def problems_of_links(name, text):
    """A folder may link only what it may include, what that links being linked with it."""
    folder = name.split("/")[0]
    if folder not in ALLOWED:
        return
    for linked in LINK.findall(text.split("add_executable")[0]):
        if linked not in ALLOWED[folder] | {folder, "layer", "columns"}:
            yield f"{name}: {folder} may not link {linked}"


def look_at(*sources):
    """All problems below `sources`, and how many files and includes were looked at by folder."""
    problems, files, includes = [], {}, 0
    paths = [(path, path.relative_to(source).as_posix())
             for source in sources for path in sorted(source.rglob("*"))]
    for path, name in paths:
        if path.suffix not in (".hpp", ".cpp"):
            continue
        folder = name.split("/")[0]
        if folder not in ALLOWED:
            problems.append(f"{name}: a folder that no rule knows")
            continue
        text = path.read_text()
        files[folder] = files.get(folder, 0) + 1
        includes += len(INCLUDE.findall(text))
        problems += problems_of_file(path, name, text)
    for path, name in paths:
        if path.name == "CMakeLists.txt":
            problems += problems_of_links(name, path.read_text())
    problems += [f"{folder}: nothing was found there" for folder in ALLOWED if folder not in files]
    return problems, files, includes


def test_the_test():
    """Each kind of rule reports a tree that breaks it."""
    cases = {
        "base/a.hpp": ('// x\n#include "wire/b.hpp"\n', "base may not include wire"),
        "base/f.hpp": ("// x\n# include <server/b.hpp>\n", "base may not include server"),
        "wire/CMakeLists.txt": ("ankiwire_layer(wire LINK ankiwire_server)", "may not link server"),
        "wire/b.cpp": ("#include <sqlite3.h>\n", "belongs elsewhere"),
        "json/c.hpp": ("int x;\n", "opens with its purpose"),
        "model/d.cpp": ("/" * 101 + "\n", "101 characters"),
        "odd/e.cpp": ("\n", "no rule knows"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, _) in cases.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        problems, _, _ = look_at(pathlib.Path(folder))
    for name, (_, expected) in cases.items():
        if not any(problem.startswith(name) and expected in problem for problem in problems):
            sys.exit(f"layers_test: this test is broken: {name} was not reported")
    if not any("nothing was found there" in problem for problem in problems):
        sys.exit("layers_test: this test is broken: an empty folder was not reported")


def main():
    test_the_test()
    problems, files, includes = look_at(REPOSITORY / "src", REPOSITORY / "bench")
    for problem in problems:
        print(problem)
    print(f"layers_test: looked at {sum(files.values())} files and {includes} includes in "
          f"{len(files)} folders")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
