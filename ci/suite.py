"""Runs the conformance suite against a server: what ci/conformance, ci/mutate, ci/faulty and
ci/matrix have in common."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(REPOSITORY / "clients"))

from server import Server  # noqa: E402

USERS = ("user:pass", "other:word")
# What a server with an empty folder, users from variables and the usual limits has.
WORDS = "new-account,environment-users,default-limits"
OFFERED = ["--offers", WORDS]
# The cases that need the word stop the official server for all its users. What ours has to speak is
# said, lest it be taken for not offered.
OFFERED_BY_OURS = ["--offers", WORDS + ",may-be-stopped", "--protocol", "8,9,10,11"]
CANNOT_RUN = 2  # an exit code of the suite
# What the official server does otherwise: a case, perhaps a range of versions, and a reason.
KNOWN = REPOSITORY / "conformance" / "known" / "official.txt"
KNOWN_LINE = re.compile(r"(?P<case>\S+) ((?P<since>[\d.]*?)\.\.(?P<until>[\d.]*) )?(?P<reason>.*)")


def programs(preset="release"):
    return REPOSITORY / "build" / preset / "src"


def suite_program(preset="release"):
    return programs(preset) / "conformance" / "ankiwire-conformance"


@contextlib.contextmanager
def new_server(official_version=None, binary=None):
    """With an empty folder: the official one of a version, or ours."""
    with tempfile.TemporaryDirectory() as folder:
        kind = "official" if official_version else "ours"
        server = Server(kind, pathlib.Path(folder) / "accounts")
        server.official_version = official_version
        server.users = USERS
        server.binary = binary or programs() / "server" / "ankiwire"
        with server:
            yield server


def command(url, arguments=(), users=USERS, offered=OFFERED_BY_OURS, preset="release"):
    if "--protocol" in arguments and "--protocol" in offered:  # those alone
        offered = offered[:offered.index("--protocol")]
    accounts = [word for user in users for word in ("--user", user)]
    # A server that cannot even say whether the account is empty is to be looked at, too.
    return [suite_program(preset), "--url", url, "--wipe", *accounts, *offered, *arguments]


def offered_by(official_version):
    return OFFERED if official_version else OFFERED_BY_OURS


def read_known(path=KNOWN):
    return [KNOWN_LINE.fullmatch(line) for line in path.read_text().splitlines()
            if not line.startswith("#")]


def known_of(version):
    """The reasons, by case, why the official server of a version is known to fail it."""
    return {line["case"]: line["reason"] for line in read_known()
            if is_in_range(version, line["since"], line["until"])}


def is_in_range(version, since, until):
    number = number_of(version)
    return (not since or number_of(since) <= number) and (not until or number <= number_of(until))


def number_of(version):
    return tuple(map(int, version.split(".")))


@contextlib.contextmanager
def explained(version):
    """The arguments that fail what is not known of the official server of that version."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{case} {reason}\n" for case, reason in known_of(version).items())
        file.flush()
        yield ["--strict", "--known", file.name]


@dataclasses.dataclass
class Results:
    code: int  # the suite's exit code
    said: str
    passed: list  # names of cases
    failed: list
    differing: list  # only warned of, or not as the official server does it


def run(url, arguments=(), timeout=None, **account):
    """The results case by case. TimeoutExpired after so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        done = subprocess.run(
            command(url, [*arguments, "--junit", report], **account),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=timeout,
        )
        results = Results(done.returncode, done.stdout, [], [], [])
        if report.exists():
            for case in xml.etree.ElementTree.parse(report).iter("testcase"):
                sort(case, results)
        return results


def sort(case, results):
    name = f"{case.get('classname')}/{case.get('name')}"
    if case.find("failure") is not None:
        results.failed.append(name)
    elif case.find("system-out") is not None:
        results.differing.append(name)
    elif case.find("skipped") is None:
        results.passed.append(name)


def file_of(case):
    """A case that is made for each row of a table is named by its file, area/name."""
    return "/".join(case.split("/")[:2])


def files_of(cases):
    """In order, each once."""
    return sorted(set(map(file_of, cases)))
