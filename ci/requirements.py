"""Reads the requirements out of spec/: what ci/trace.py checks and ci/site lists."""

import dataclasses
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SPEC = REPOSITORY / "spec"

HEADING = re.compile(r"^### (?P<id>R-[A-Z]+-\d\d)\b *(?P<title>.*)$")
LEVEL = re.compile(
    r"^level (?P<level>MUST|SHOULD|MAY|OBSERVED) · since v(?P<since>\d+)"
    r"( · until v(?P<until>\d+))? · source (?P<source>\S.*)$"
)


@dataclasses.dataclass
class Requirement:
    id: str
    title: str
    page: str  # below spec/
    sentence: str = ""
    consequence: str = ""  # more than one line is an error of the page
    level: str = ""  # empty if the line of the level is missing or wrong
    since: int = 0
    until: int = 0  # 0: still
    source: str = ""


def read(folder=SPEC):
    """All requirements, page by page; an id that is defined twice comes twice."""
    found = []
    for path in sorted(folder.rglob("*.md")):
        lines = path.read_text().split("\n")
        for number, line in enumerate(lines):
            if heading := HEADING.match(line):
                page = path.relative_to(folder).as_posix()
                requirement = Requirement(heading["id"], heading["title"], page)
                read_body(requirement, lines[number + 1 :])
                found.append(requirement)
    return found


def read_body(requirement, lines):
    """A sentence, a consequence or none, the level: one line each, up to an empty one."""
    text = []
    for line in lines:
        if match := LEVEL.match(line):
            requirement.level = match["level"]
            requirement.since = int(match["since"])
            requirement.until = int(match["until"] or 0)
            requirement.source = match["source"]
            break
        if not line or line.startswith("#"):
            break
        text.append(line)
    requirement.sentence = text[0] if text else ""
    requirement.consequence = " ".join(text[1:])


def read_table(path):
    """Of two columns; # begins a comment."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("\t") for line in lines)
