#!/usr/bin/env python3
"""Checks the requirements: each is defined once in spec/ and has the form that spec/README.md tells,
each that is cited is defined, each page is in the list of pages, and each limit of
src/base/limits.hpp is in spec/08-limits.md."""

import collections
import re
import sys

sys.dont_write_bytecode = True

import requirements  # noqa: E402
from requirements import REPOSITORY, SPEC  # noqa: E402

ID = re.compile(r"\bR-[A-Z]+-\d\d\b")
RANGE = re.compile(r"\b(R-[A-Z]+-)(\d\d) to \1(\d\d)\b")
LIMIT = re.compile(r"^inline constexpr \S+ (?P<name>\w+) = ", re.MULTILINE)
UNITS = {"kib", "mib"}
CITING = ["src", "clients", "conformance", "fuzz", "spec", "bench", "packaging"]
WITHDRAWN = "withdrawn"  # how the heading of a requirement ends that is none any more


def citations(text):
    yield from ID.findall(text)
    for area, first, last in RANGE.findall(text):
        yield from (f"{area}{number:02}" for number in range(int(first), int(last) + 1))


def problems_of_form(requirement):
    """What one requirement lacks of the form that all have."""
    where = f"{requirement.page}: {requirement.id}"
    if requirement.title.endswith(WITHDRAWN):
        return
    if not requirement.level:
        yield f"{where} has no line `level … · since v… [· until v…] · source …` below its sentence"
    elif requirement.level != "OBSERVED" and requirement.level not in requirement.sentence:
        yield f"{where} is {requirement.level}, but its sentence does not say so"
    if requirement.level == "MUST" and not requirement.consequence:
        yield f"{where} is MUST, but does not say what is hurt when it is broken"
    if not requirement.title:
        yield f"{where} has no title"
    if requirement.until and requirement.until < requirement.since:
        yield f"{where} ends before it begins"


def problems_of_pages():
    """Each page is linked from the list in the README."""
    listed = (SPEC / "README.md").read_text()
    for path in sorted(SPEC.glob("*.md")):
        if path.name != "README.md" and f"({path.name})" not in listed:
            yield f"spec/README.md: {path.name} is missing"


def main():
    problems = list(problems_of_pages())
    defined = {}
    for requirement in requirements.read():
        if requirement.id in defined:
            page = defined[requirement.id].page
            problems.append(f"{requirement.page}: {requirement.id} is defined in {page} too")
        defined[requirement.id] = requirement
        problems += problems_of_form(requirement)

    explained = set(citations((SPEC / "deviations.md").read_text()))
    problems += [f"spec/deviations.md: {name} is missing, whose source is ankiwire"
                 for name, requirement in sorted(defined.items())
                 if "ankiwire" in requirement.source and name not in explained]

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
                if (path.suffix == ".sync" or path.stem.endswith("_test")
                        or path.name.startswith("test_")):
                    cited_by_tests.add(name)
    problems += [f"{path}: {name} is not defined in spec/"
                 for name, path in sorted(cited.items()) if name not in defined]

    limits = LIMIT.findall((REPOSITORY / "src/base/limits.hpp").read_text())
    limits_page = (SPEC / "08-limits.md").read_text()
    problems += [f"spec/08-limits.md: {name} is missing"
                 for name in limits if name not in UNITS and f"`{name}`" not in limits_page]

    for problem in problems:
        print(problem)
    if not defined or not limits:
        sys.exit("trace: no requirement or no limit was found")
    levels = collections.Counter(requirement.level for requirement in defined.values())
    print(", ".join(f"{levels[level]} {level}" for level in ("MUST", "SHOULD", "MAY", "OBSERVED")))
    print(f"trace: looked at {files} files: {len(defined)} requirements, "
          f"{len(cited_by_tests & defined.keys())} of them cited by tests, "
          f"{len(limits) - len(UNITS)} limits")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
