#!/usr/bin/env python3
"""ci/trace.py [--accept ID... | --accept all]

Checks the requirements: each is defined once in spec/ and has the form that spec/README.md tells,
each that is cited is defined, each row of the session table names one, each page is in the list of
pages, and each limit of src/base/limits.hpp is in spec/08-limits.md with its value. Each MUST for
servers has a case of the conformance suite and a mutant that breaks it and fails that case
(conformance/killed.tsv), or a reason in conformance/without_case.tsv. Each case covers a requirement, and what is known to fail
(conformance/known/) is a case, of the requirement that is cited there. conformance/sentences.tsv has
a checksum of each sentence that cases show: one that has changed is an error until somebody has
looked at its cases and says so by --accept.
"""

import collections
import hashlib
import re
import sys

sys.dont_write_bytecode = True

import mutants  # noqa: E402
import requirements  # noqa: E402
import suite  # noqa: E402
from requirements import REPOSITORY, SPEC  # noqa: E402

ID = re.compile(r"\bR-[A-Z]+-\d\d\b")
RANGE = re.compile(r"\b(R-[A-Z]+-)(\d\d) to \1(\d\d)\b")
ROW_OF_SESSION_TABLE = re.compile(r'^ +\{\w+, \w+, \w+, "(.*)"\},$', re.MULTILINE)
LIMIT = re.compile(r"^inline constexpr \S+ (?P<name>\w+) = (?P<value>[^;]+);", re.MULTILINE)
LIMIT_OF_PAGE = re.compile(r"^\| `(?P<name>\w+)` \| (?P<number>[\d.]+) ?(?P<unit>\w*) \|",
                           re.MULTILINE)
UNITS = {"kib": 1024, "mib": 1024**2}
UNITS_OF_PAGE = {"": 1, "KiB": 1024, "MiB": 1024**2, "seconds": 1000, "minutes": 60 * 1000}
CITING = ["src", "clients", "conformance", "fuzz", "spec", "bench", "packaging"]
CASES = REPOSITORY / "conformance"
SENTENCES = CASES / "sentences.tsv"
WITHOUT_CASE = CASES / "without_case.tsv"
NOT_YET = "not yet"  # how a reason begins that is to go
SESSION_TABLE = "src/protocol/session_table.hpp"
OF_CLIENTS = "R-CLIENT-"
COVERS = re.compile(r"^covers (.+(?:\n\s.+)*)", re.MULTILINE)
OF_A_CLIENT = re.compile(r"^(recorded|derived) ", re.MULTILINE)  # in the place of `covers`
LEVELS = {"MUST", "SHOULD", "MAY"}  # a sentence names one of them
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
    words = set(re.findall(r"\b[A-Z]+\b", requirement.sentence))
    for other in sorted(words & LEVELS - {requirement.level}):
        yield f"{where} is {requirement.level}, but its sentence says {other} too"
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


def problems_of_session_table(defined):
    rows = ROW_OF_SESSION_TABLE.findall((REPOSITORY / SESSION_TABLE).read_text())
    if not rows:
        yield f"{SESSION_TABLE}: no row was found"
    for name in rows:
        if name not in defined:
            yield f"{SESSION_TABLE}: a row has no requirement, but `{name}`"


def covers_of_cases():
    """What each file of cases covers, by its name: area/name."""
    return {
        str(path.relative_to(CASES / "cases").with_suffix("")): {
            name for covers in COVERS.findall(path.read_text()) for name in ID.findall(covers)}
        for path in sorted((CASES / "cases").rglob("*.sync"))
    }


def problems_of_covers(covers):
    for name, covered in covers.items():
        if not covered and not OF_A_CLIENT.search((CASES / "cases" / f"{name}.sync").read_text()):
            yield f"conformance/cases/{name}.sync covers nothing"


def problems_of_known(covers):
    """Of what is known to fail: no such case, or one of another requirement."""
    for line in suite.read_known():
        covered = covers.get(suite.file_of(line["case"]))
        cited = set(ID.findall(line["reason"]))
        if covered is None:
            yield f"{suite.KNOWN.name}: there is no case {line['case']}"
        elif not cited or cited - covered:
            yield f"{suite.KNOWN.name}: {line['case']} covers {' '.join(sorted(covered))} alone"
    for path in sorted(suite.KNOWN.parent.glob("*-official-*.txt")):
        folder = path.name.split("-")[0]  # of fixtures/; a replay calls each case a capture
        for line in suite.read_known(path):
            transcript = line["case"].replace("captures", folder, 1) + ".sync"
            if not (REPOSITORY / "fixtures" / transcript).exists():
                yield f"{path.name}: there is no {transcript} in fixtures/"


def problems_of_killed(killed, breaks, covers):
    for mutant, cases in killed.items():
        if mutant not in breaks:
            yield f"conformance/killed.tsv: there is no mutant {mutant}"
        for name in cases:
            if name not in covers and name != mutants.ALL_CASES:
                yield f"conformance/killed.tsv: {mutant}: there is no case {name}"


def problems_of_numbers(made, killed):
    """What conformance/README.md says of the mutants."""
    survivors = sum(1 for mutant in made if mutant.survives)
    line = f"| `ci/mutate` | {len(made)} | {len(killed)} | {survivors} |"
    if line not in (CASES / "README.md").read_text():
        yield f"conformance/README.md: this is not said: {line}"


def shown_to_fail(killed, breaks, covers):
    """The requirements of which a case fails if the server is wrong in just that."""
    return {
        breaks[mutant] for mutant, cases in killed.items() if mutant in breaks
        and any(name == mutants.ALL_CASES or breaks[mutant] in covers.get(name, ())
                for name in cases)
    }


def without_mutant(defined, shown):
    """How many MUST no mutant shows, and why."""
    must = {name for name, requirement in defined.items() if requirement.level == "MUST"} - shown
    of_clients = {name for name in must if name.startswith(OF_CLIENTS)}
    return (f"MUST without a mutant: {len(of_clients)} rules for clients, "
            f"{len(must - of_clients)} others")


def digest(requirement):
    return hashlib.sha256(requirement.sentence.encode()).hexdigest()[:12]


def problems_of_cases(defined, covered, shown, without_case):
    """What the suite lacks, or has without need."""
    for name, requirement in sorted(defined.items()):
        wanted = requirement.level == "MUST" and not name.startswith(OF_CLIENTS)
        if wanted and name not in covered and name not in without_case:
            yield f"{requirement.page}: {name} is MUST and has no case in conformance/"
        elif wanted and name in covered and name not in shown:
            yield (f"{requirement.page}: {name} is MUST, and no mutant that breaks it is known to fail "
                   f"a case of it")
    for name in sorted(without_case):
        if name in covered or name not in defined:
            yield f"conformance/without_case.tsv: {name} has a case, or is not defined"


def problems_of_sentences(defined, covered, accept):
    """Sentences that nobody has compared with their cases since they changed."""
    looked_at = requirements.read_table(SENTENCES)
    for name in sorted(covered & defined.keys()):
        if name in accept or "all" in accept:
            looked_at[name] = digest(defined[name])
        if looked_at.get(name) != digest(defined[name]):
            yield (f"{defined[name].page}: the sentence of {name} is new or has changed: look at its "
                   f"cases, then ci/trace.py --accept {name}")
    if accept:
        lines = [f"{name}\t{looked_at[name]}\n" for name in sorted(covered & looked_at.keys())]
        SENTENCES.write_text("".join(lines))


def problems_of_limits(limits):
    """Limits that 08-limits.md does not have, has with another value, or alone."""
    page = {row["name"]: float(row["number"]) * UNITS_OF_PAGE[row["unit"]]
            for row in LIMIT_OF_PAGE.finditer((SPEC / "08-limits.md").read_text())}
    for name in sorted(page.keys() | limits.keys()):
        if page.get(name) != limits.get(name):
            yield f"spec/08-limits.md: {name} is {page.get(name)}, in limits.hpp {limits.get(name)}"


def main():
    accept = set(sys.argv[2:]) if sys.argv[1:2] == ["--accept"] else set()
    problems = list(problems_of_pages())
    defined = {}
    for requirement in requirements.read():
        if requirement.id in defined:
            page = defined[requirement.id].page
            problems.append(f"{requirement.page}: {requirement.id} is defined in {page} too")
        defined[requirement.id] = requirement
        problems += problems_of_form(requirement)

    problems += problems_of_session_table(defined)
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

    covers = covers_of_cases()
    covered = set().union(*covers.values())
    killed = mutants.read_killed()
    made = mutants.read()[0]
    problems += problems_of_numbers(made, killed)
    breaks = {mutant.name: mutant.requirement for mutant in made}
    problems += problems_of_covers(covers)
    problems += problems_of_known(covers)
    problems += problems_of_killed(killed, breaks, covers)
    without_case = requirements.read_table(WITHOUT_CASE)
    shown = shown_to_fail(killed, breaks, covers)
    problems += problems_of_cases(defined, covered, shown, without_case)
    problems += problems_of_sentences(defined, covered, accept)

    limits = {limit["name"]: eval(limit["value"].replace("'", ""), {}, UNITS)
              for limit in LIMIT.finditer((REPOSITORY / "src/base/limits.hpp").read_text())
              if limit["name"] not in UNITS}
    problems += problems_of_limits(limits)

    for problem in problems:
        print(problem)
    if not defined or not limits:
        sys.exit("trace: no requirement or no limit was found")
    levels = collections.Counter(requirement.level for requirement in defined.values())
    print(", ".join(f"{levels[level]} {level}" for level in ("MUST", "SHOULD", "MAY", "OBSERVED")))
    print(f"trace: looked at {files} files: {len(defined)} requirements, "
          f"{len(cited_by_tests & defined.keys())} of them cited by tests, "
          f"{len(covered & defined.keys())} by cases of the suite, {len(limits)} limits")
    not_yet = sum(reason.startswith(NOT_YET) for reason in without_case.values())
    if not_yet:
        print(f"trace: {not_yet} MUST have no case yet")
    print(f"trace: {without_mutant(defined, shown)}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
