#!/usr/bin/env python3
"""embed.py OUTPUT: writes the C++ source that holds cases, their parts, and the requirements of
spec/."""

import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = REPOSITORY / "conformance"
EMBEDDED = ["cases/**/*.sync", "common/*.sync", "objects/*.json", "collections/*.sql"]
sys.dont_write_bytecode = True
sys.path.insert(0, str(REPOSITORY / "ci"))

import requirements  # noqa: E402


def literal(text):
    assert ')embedded"' not in text
    return f'R"embedded({text})embedded"'


def row(*values):
    return "{" + ", ".join(values) + "}"


def files():
    for pattern in EMBEDDED:
        for path in sorted(FOLDER.glob(pattern)):
            yield row(literal(path.relative_to(FOLDER).as_posix()), literal(path.read_text()))


def known_requirements():
    for one in requirements.read():
        if one.level:
            texts = [literal(text) for text in (one.title, one.sentence, one.page)]
            yield row(literal(one.id), f"Level::{one.level.lower()}", *texts)


def table(kind, name, rows):
    listed = ",\n    ".join(rows)
    return (
        f"std::span<const {kind}> {name}() {{\n"
        f"    static constexpr {kind} all[] = {{{listed}}};\n    return all;\n}}\n\n"
    )


def main(output):
    pathlib.Path(output).write_text(
        '#include "conformance/suite.hpp"\n\nnamespace ankiwire::conformance {\n\n'
        + table("EmbeddedFile", "embedded_files", files())
        + table("Requirement", "requirements", known_requirements())
        + "}  // namespace ankiwire::conformance\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
