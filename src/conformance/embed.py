#!/usr/bin/env python3
"""embed.py OUTPUT: writes the C++ source that holds cases, their parts, and the requirements of
spec/."""

import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = REPOSITORY / "conformance"
SPEC = REPOSITORY / "spec"
EMBEDDED = ["cases/**/*.sync", "common/*.sync", "objects/*.json", "collections/*.sql"]
REQUIREMENT = re.compile(
    r"^### (?P<id>R-[A-Z]+-\d\d) (?P<title>.+)\n(?P<body>(?:.+\n)+?)level (?P<level>\w+) ·", re.MULTILINE
)


def literal(text):
    assert ')embedded"' not in text
    return f'R"embedded({text})embedded"'


def files():
    for pattern in EMBEDDED:
        for path in sorted(FOLDER.glob(pattern)):
            yield f"{{{literal(str(path.relative_to(FOLDER)))}, {literal(path.read_text())}}}"


def requirements():
    for page in sorted(SPEC.glob("*.md")):
        for found in REQUIREMENT.finditer(page.read_text()):
            sentence = found["body"].splitlines()[0]
            yield (
                f"{{{literal(found['id'])}, Level::{found['level'].lower()}, {literal(found['title'])}, "
                f"{literal(sentence)}, {literal(page.name)}}}"
            )


def main(output):
    embedded = ",\n    ".join(files())
    known = ",\n    ".join(requirements())
    pathlib.Path(output).write_text(
        '#include "conformance/suite.hpp"\n\n'
        "namespace ankiwire::conformance {\n\n"
        "std::span<const EmbeddedFile> embedded_files() {\n"
        f"    static constexpr EmbeddedFile all[] = {{\n    {embedded}}};\n    return all;\n}}\n\n"
        "std::span<const Requirement> requirements() {\n"
        f"    static constexpr Requirement all[] = {{\n    {known}}};\n    return all;\n}}\n\n"
        "}  // namespace ankiwire::conformance\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
