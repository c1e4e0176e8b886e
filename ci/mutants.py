"""The mutants of conformance/mutants/: patches that make one mistake each, below a head that says
which. conformance/killed.tsv notes some of the cases that each one fails."""

import dataclasses
import pathlib
import re

import requirements

FOLDER = requirements.REPOSITORY / "conformance" / "mutants"
KILLED = requirements.REPOSITORY / "conformance" / "killed.tsv"
KILLED_HEAD = """\
# Some of the cases that each mutant fails, as ci/mutate --write has found: first those of the requirement
# that it breaks, and others only if none of these did. * is a server with which none can be run.
"""
ALL_CASES = "*"

HEAD = re.compile(r"(?P<sentence>\S.*)\nbreaks (?P<requirement>R-[A-Z]+-\d\d)\n"
                  r"(survives: (?P<survives>.*)\n)?\ndiff --git ")


@dataclasses.dataclass
class Mutant:
    path: pathlib.Path
    sentence: str
    requirement: str
    survives: str  # why no case can notice it; empty for all others

    @property
    def name(self):
        return self.path.stem


def read():
    """All, and what is wrong with the heads of others."""
    mutants, problems = [], []
    for path in sorted(FOLDER.glob("*.patch")):
        head = HEAD.match(path.read_text())
        if head is None:
            problems.append(f"{path.name}: does not begin with a sentence and `breaks R-…`")
        else:
            mutants.append(
                Mutant(path, head["sentence"], head["requirement"], head["survives"] or ""))
    return mutants, problems


def read_killed():
    """Of each mutant the files of cases, or ALL_CASES."""
    return {name: cases.split() for name, cases in requirements.read_table(KILLED).items()}


def write_killed(killed):
    """Without those that are no mutants any more, or that no case fails."""
    lines = [f"{name}\t{' '.join(cases)}\n" for name, cases in sorted(killed.items())
             if cases and (FOLDER / f"{name}.patch").exists()]
    KILLED.write_text(KILLED_HEAD + "".join(lines))
