#!/usr/bin/env python3
"""Checks the requirement ids: each is defined once in spec/, each that is cited is defined, and each
limit of src/base/limits.hpp is in spec/08-limits.md."""

import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
ID = re.compile(r"\bR-[A-Z]+-\d\d\b")
RANGE = re.compile(r"\b(R-[A-Z]+-)(\d\d) to \1(\d\d)\b")
DEFINITION = re.compile(r"^### (R-[A-Z]+-\d\d)\b", re.MULTILINE)
LEVEL = re.compile(r"^level (MUST|SHOULD|MAY|OBSERVED) · since v\d+", re.MULTILINE)
LIMIT = re.compile(r"^inline constexpr \S+ (?P<name>\w+) = ", re.MULTILINE)
UNITS = {"kib", "mib"}
CITING = ["src", "clients", "conformance", "fuzz", "spec", "bench"]


def citations(text):
    yield from ID.findall(text)
    for area, first, last in RANGE.findall(text):
        yield from (f"{area}{number:02}" for number in range(int(first), int(last) + 1))


def main():
    problems = []
    defined = {}
    for path in sorted((REPOSITORY / "spec").rglob("*.md")):
        text = path.read_text()
        definitions = list(DEFINITION.finditer(text))
        for position, match in enumerate(definitions):
            name = match.group(1)
            if name in defined:
                problems.append(f"{path.name}: {name} is defined in {defined[name]} too")
            defined[name] = path.name
            end = definitions[position + 1].start() if position + 1 < len(definitions) else None
            if not LEVEL.search(text[match.start():end]):
                problems.append(f"{path.name}: {name} has no line `level … · since v…`")

    cited = {}
    cited_by_tests = set()
    files = 0
    for folder in CITING:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix not in (".cpp", ".hpp", ".py", ".md", ".sync"):
                continue
            files += 1
            for name in citations(path.read_text()):
                cited.setdefault(name, path.relative_to(REPOSITORY))
                if (path.stem.endswith("_test") or path.name.startswith("test_")
                        or path.suffix == ".sync"):
                    cited_by_tests.add(name)
    problems += [f"{path}: {name} is not defined in spec/"
                 for name, path in sorted(cited.items()) if name not in defined]

    limits = LIMIT.findall((REPOSITORY / "src/base/limits.hpp").read_text())
    limits_page = (REPOSITORY / "spec/08-limits.md").read_text()
    problems += [f"spec/08-limits.md: {name} is missing"
                 for name in limits if name not in UNITS and f"`{name}`" not in limits_page]

    for problem in problems:
        print(problem)
    if not defined or not limits:
        sys.exit("trace: no requirement or no limit was found")
    print(f"trace: looked at {files} files: {len(defined)} requirements, "
          f"{len(cited_by_tests & defined.keys())} of them cited by tests, "
          f"{len(limits) - len(UNITS)} limits")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
