"""ankiwire-conformance as whoever has a server of their own uses it: one file in an empty folder,
and an address."""

import contextlib
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import termios
import xml.etree.ElementTree

import pytest
from conformance_program import conformance_program
from front import BARE, EXAMPLES, Authority, Front
from household import fill
from rawclient import RawClient
from server import free_port
from venvs import REPOSITORY

sys.path.append(str(REPOSITORY / "conformance" / "faulty"))

import defects  # noqa: E402
import faulty_proxy  # noqa: E402

pytestmark = pytest.mark.ours_only

USER = ("--user", "user:pass")
# What Debian 12 cannot be without: apt and dpkg need them.
ON_EACH_DEBIAN = {
    "linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64", "libc", "libm", "libdl", "libpthread",
    "libresolv", "librt", "libgcc_s", "libstdc++", "libz", "libzstd",
}  # fmt: skip
AREAS = ("--run", "auth/*", "--run", "meta/*", "--run", "full/d*", "--run", "media/r*")
PASSED, FAILED, CANNOT_RUN = 0, 1, 2


class Suite:
    """The program alone in a folder, without an environment."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.program = shutil.copy(conformance_program(), folder)

    def start(self, *arguments):
        return subprocess.Popen(
            [self.program, *map(str, arguments)],
            cwd=self.folder, env={}, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *arguments, code=PASSED):
        """What it says; it must end with that code."""
        process = self.start(*arguments)
        said = process.communicate(timeout=300)[0]
        assert process.returncode == code, said
        return said


@pytest.fixture
def suite(tmp_path):
    return Suite(tmp_path / "elsewhere")


@pytest.fixture
def url(house):
    return ("--url", house.server.endpoint)


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def logged_in(house, user="user", password="pass"):
    raw = RawClient(house.server.endpoint)
    raw.log_in(user, password)
    return raw


def assert_empty(house):
    raw = logged_in(house)
    assert raw.meta()["empty"]
    assert raw.media("mediaSanity", {"local": 0}) == "OK"


def fill_account(house, cards=True, media=True):
    device = house.device()
    if cards:
        fill(device)
        device.full_upload()
    if media:
        device.put_media(files={"a.jpg": 1_000})
        device.sync_media()


@contextlib.contextmanager
def opened(path):
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        yield db


def rows_of(collection, folder):
    path = folder / "rows.anki2"
    path.write_bytes(collection)
    with opened(path) as db:
        return [db.execute(f"select * from {table}").fetchall()
                for table in ("notes", "cards", "revlog", "tags", "decks", "notetypes", "config")]


# --- the program ----------------------------------------------------------------------------------


def test_it_needs_nothing_that_some_debian_lacks(suite):
    said = subprocess.check_output(["ldd", suite.program], text=True)
    libraries = {re.match(r"\s*(?:/\S*/)?(\S+?)\.so", line)[1] for line in said.splitlines()}
    assert libraries <= ON_EACH_DEBIAN


def test_it_lists_its_cases(suite):
    *cases, count = suite.run("--list", "--run", "meta/*").splitlines()
    assert count == f"{len(cases)} cases"
    for line in cases:
        assert re.fullmatch(r"meta/\S+ +11 (MUST|SHOULD|MAY|OBSERVED) +R-[A-Z]+-\d\d( R-\S+)*", line)
    assert "R-CHUNK-02" in suite.run("--list", "--run", "R-CHUNK-02")
    assert "no case is named so" in suite.run("--list", "--run", "nothing", code=CANNOT_RUN)
    versions = {line.split()[1] for line in suite.run("--list", "--protocol", "8,9").splitlines()}
    assert versions == {"8", "9", "cases"}


class No_Forms(defects.Defect):
    methods = None

    def on_reply(self, request, reply):
        is_form = request.headers.get("content-type", "").startswith("multipart/")
        return defects.refusal(501, "501") if is_form else reply


def test_what_is_not_offered_is_told_before_anything_is_run(house, suite):
    run = ("--run", "meta/new-account", "--run", "meta/mod-moves", "--run", "legacy/no-end/key-first")
    with faulty_proxy.Proxy(house.server.port, No_Forms()) as proxy:
        said = suite.run("--url", proxy.endpoint, *USER, *run, "--verbose", "--junit", "report.xml")
    form, new = (
        "protocol 8: the form of hostKey is answered with 501",
        "new-account: not told by --offers",
    )
    before, after = said.split("not offered: ", 1)
    assert before == f"not offered, 1 cases: {new}\nnot offered, 1 cases: {form}\n"
    assert after.count(new) == after.count(form) == 1
    assert said.endswith("3 cases: 1 passed, 2 not offered\n")
    report = (suite.folder / "report.xml").read_text()
    assert f'skipped message="{new}"' in report and f'skipped message="{form}"' in report


def test_a_version_that_has_to_be_there_fails_if_it_is_not(house, suite):
    with faulty_proxy.Proxy(house.server.port, No_Forms()) as proxy:
        run = ("--url", proxy.endpoint, *USER, "--protocol", "8", "--run", "legacy/no-end/key-first")
        assert "1 failed" in suite.run(*run, code=FAILED)


def test_the_versions_of_a_server_are_found(make_household, suite):
    with make_household("official") as house:
        run = ("--url", house.server.endpoint, *USER, "--run")
        assert suite.run(*run, "legacy/upload/*").endswith("3 cases: 3 passed\n")
        said = suite.run(*run, "errors/old-clients/*", code=CANNOT_RUN)
    assert "newest-protocol-alone: an older one is spoken too" in said


def test_a_run_passes_and_leaves_the_account_clean(house, suite, url):
    reports = ("--junit", "report.xml", "--html", "report.html")
    said = suite.run(*url, *USER, *AREAS, *reports)
    cases, passed, not_offered = map(
        int, re.search(r"(\d+) cases: (\d+) passed, (\d+) not offered", said).groups()
    )
    assert cases == passed + not_offered and passed > 30
    assert_empty(house)
    found = {path.name for path in suite.folder.iterdir()}
    assert found == {"ankiwire-conformance", "report.xml", "report.html"}
    root = xml.etree.ElementTree.parse(suite.folder / "report.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == (str(cases), "0")
    assert len(root.findall("testcase")) == cases
    assert len(root.findall("testcase/skipped")) == not_offered
    html = (suite.folder / "report.html").read_text()
    assert html.count("<details") == cases
    assert not re.search(r"src=|href=|url\(|@import|<script|<link", html)
    assert set(re.findall(r"\w+://[^<\s]+", html)) == {house.server.endpoint}


def test_a_case_that_fails_is_told_and_counted(house, suite):
    case = "meta/has-all-members"
    with faulty_proxy.Proxy(house.server.port, defects.Meta_Without_Media_Usn()) as proxy:
        run = ("--url", proxy.endpoint, *USER, "--run", case)
        said = suite.run(*run, "--junit", "report.xml", "--html", "report.html", code=FAILED)
        known, other = suite.folder / "known.txt", suite.folder / "other.txt"
        known.write_text(f"# as of today\n{case} it is older than 23.10\n")
        assert "1 known" in suite.run(*run, "--known", known)
        other.write_text("meta/mod-moves is another case\n")
        suite.run(*run, "--known", other, code=FAILED)
    for part in (
        f"failed: {case}\n",
        "\n  R-META-02 MUST: ",
        f"\n  conformance/cases/{case}.sync:",
        "\n  sent      a: meta {",
        "\n  where     media_usn\n  expected  <int>\n  received  nothing\n",
        "1 cases: 1 failed",
    ):
        assert part in said
    assert max(map(len, said.splitlines())) <= 80
    (failure,) = xml.etree.ElementTree.parse(suite.folder / "report.xml").iter("failure")
    assert "received  nothing" in failure.text
    assert "<details open>" in (suite.folder / "report.html").read_text()


def test_a_known_failure_that_passes_fails(suite, url):
    case = "meta/has-all-members"
    (suite.folder / "known.txt").write_text(f"{case} it failed once\n")
    said = suite.run(*url, *USER, "--run", case, "--known", "known.txt", code=FAILED)
    assert f"mended: {case}" in said and "list of known failures" in said


def test_a_should_fails_only_if_that_is_asked_for(house, suite):
    with faulty_proxy.Proxy(house.server.port, defects.Void_Is_Empty()) as proxy:
        run = ("--url", proxy.endpoint, *USER, "--run", "graves/again/card")
        assert "1 cases: 1 warned" in suite.run(*run)
        assert "1 cases: 1 failed" in suite.run(*run, "--strict", code=FAILED)


def test_progress_stays_within_a_line_of_the_terminal(suite, url):
    columns = 20
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, columns))
    command = [suite.program, *url, *USER, "--run", "meta/*"]
    done = subprocess.run(command, env={}, stdout=subprocess.PIPE, stderr=end, text=True)
    os.close(end)
    said = os.read(terminal, 100_000).decode()
    os.close(terminal)
    first, *lines = said.split("\r\x1b[K")
    assert re.match(r"2/\d+ meta/", lines[1]) and max(map(len, lines)) < columns
    assert first == lines[-1] == ""
    assert re.fullmatch(r"(not offered, .*\n)*http://\S+ \d+ cases: .*\n", done.stdout)


# --- the account ----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["cards", "media"])
def test_an_account_with_something_in_it_is_not_touched(house, suite, url, what):
    fill_account(house, cards=what == "cards", media=what == "media")
    house.server.stop()  # so that all is in its files
    before = files_of(house.server.folder)
    house.server.start()
    said = suite.run(*url, *USER, "--run", "meta/*", code=CANNOT_RUN)
    assert "the account is not empty" in said and "--wipe" in said
    house.server.stop()
    after = files_of(house.server.folder)  # whoever asks makes the server add an empty file
    assert {path: after.get(path) for path in before} == before


@pytest.mark.parametrize("sql", [
    "insert into notes select 5, 'g', id, 1, 0, '', 'a', 'a', 0, 0, '' from notetypes limit 1",
    "insert into revlog values (5, 1, 0, 3, 1, 1, 2500, 1, 0)",
    "insert into tags values ('tag', 0, 1, null)",
    "insert into decks select 5, 'Another', mtime_secs, usn, common, kind from decks",
])
def test_an_account_without_cards_may_still_have_something_in_it(house, suite, url, tmp_path, sql):
    raw = logged_in(house)
    path = tmp_path / "collection.anki2"
    path.write_bytes(raw.call("download").content)
    with opened(path) as db:
        db.execute(sql)
    raw.call("upload", raw=path.read_bytes())
    assert raw.meta()["empty"]
    before = raw.call("download").content
    assert "the account is not empty" in suite.run(*url, *USER, "--run", "meta/*", code=CANNOT_RUN)
    assert rows_of(raw.call("download").content, tmp_path) == rows_of(before, tmp_path)


def test_it_is_emptied_if_that_is_asked_for(make_household, tmp_path, suite):
    with make_household(folder=tmp_path / "two", users=("user:pass", "other:word")) as house:
        other = logged_in(house, "other", "word")
        fill_account(house)
        first = logged_in(house)
        other.call("upload", raw=first.call("download").content)
        run = ("--url", house.server.endpoint, *USER, "--run", "meta/*", "--wipe")
        suite.run(*run)
        assert_empty(house)
        assert not other.meta()["empty"]  # that account was not named


def interrupted(house, suite, by):
    """A run that has been told to end while a request of it waits, and what lets that one go on."""
    proxy = house.proxy()
    held = proxy.hold_request("finish")
    process = suite.start("--url", proxy.endpoint, *USER, "--run", "session/*", "--junit", "report.xml")
    held.wait_until_reached()
    process.send_signal(by)
    return process, held


def test_an_interrupt_empties_the_account_and_reports_what_was_run(house, suite):
    process, held = interrupted(house, suite, signal.SIGINT)
    held.open()
    said = process.communicate(timeout=60)[0]
    assert process.returncode == CANNOT_RUN, said
    assert re.search(r"interrupted after \d+ of \d+ cases; the account is empty\n", said)
    assert_empty(house)
    assert xml.etree.ElementTree.parse(suite.folder / "report.xml").findall("testcase")


def test_a_second_interrupt_ends_it_at_once(house, suite):
    process, _ = interrupted(house, suite, signal.SIGINT)
    while process.poll() is None:  # the first one may still be on its way
        process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == -signal.SIGINT


def test_an_account_that_cannot_be_emptied_is_told(house, suite):
    process, held = interrupted(house, suite, signal.SIGTERM)
    house.server.kill()
    held.open()
    said = process.communicate(timeout=60)[0]
    assert process.returncode == CANNOT_RUN
    assert "the account could not be emptied: " in said
    assert "the account is empty" not in said


# --- what cannot be run ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--url", "{endpoint}", "--user", "user:wrong"), "hostKey is answered with 403"),
        (("--url", "http://127.0.0.1:{port}/", *USER), ": Connection refused"),
        (("--url", "https://{address}", *USER), "no TLS"),
        (("--url", "http://name.invalid/", *USER), "Host not found"),
        (("--url", "{endpoint}", "--user", "user"), "--user is name:password"),
        (("--url", "{endpoint}", *USER, "--user", "other:pass"), "with another password"),
        (("--url", "{endpoint}", *USER, "--user", "user:word"), "another account"),
        (("--url", "localhost:80", *USER), "an address begins with http:// or https://"),
        (("--url", "{endpoint}"), "--url and --user are needed"),
        (("--url", "{endpoint}", *USER, "--known", "none.txt"), "none.txt cannot be read"),
        (("--url", "{endpoint}", *USER, "--timeout", "0"), "--timeout"),
        (("--url", "{endpoint}", *USER, "--html", "no/x.html"), "no/x.html cannot be written"),
        (("--wip",), "--wip"),
        (("--url", "{endpoint}", *USER, "--offers", "luck"), "luck not in {default-limits,"),
        (("--url", "{endpoint}", *USER, "--protocol", "7"), "--protocol"),
        (("--url", "{endpoint}", *USER, "--run", "errors/old-*"), "none of these cases is offered"),
    ],
)
def test_what_is_wrong_is_said(house, suite, arguments, words):
    address = house.server.endpoint.removeprefix("http://")
    values = {"endpoint": house.server.endpoint, "port": free_port(), "address": address}
    said = suite.run(*(word.format(**values) for word in arguments), code=CANNOT_RUN)
    assert words in said
    assert "boost" not in said and len(said) < 300


# --- TLS, a path, other keys ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_through_a_proxy_with_tls_and_a_path(house, suite, authority, tmp_path, kind):
    site = EXAMPLES[kind].read_text()
    with Front(kind, site, tmp_path / "front", authority, house.server.port) as front:
        url = ("--url", f"{front.address}anki/", *USER, *AREAS)
        said = suite.run(*url, "--ca", authority.certificate)
        assert "failed" not in said
        nothing = ("--url", front.address, *USER, "--ca", authority.certificate)
        said = suite.run(*nothing, code=CANNOT_RUN)
        assert "hostKey is answered with " in said
        refused = "the server's certificate is refused: "
        said = suite.run(*url, code=CANNOT_RUN)
        assert f"{refused}unable to get local issuer certificate" in said or (
            f"{refused}self-signed certificate in certificate chain" in said
        )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_for_another_host_is_refused(house, suite, tmp_path, host):
    folder = tmp_path / "other"
    folder.mkdir()
    authority = Authority(folder, host="sync.example.org")
    with Front("nginx", BARE["nginx"], tmp_path / "front", authority, house.server.port) as front:
        url = front.address.replace("localhost", host)
        said = suite.run("--url", url, *USER, "--ca", authority.certificate, code=CANNOT_RUN)
    assert re.search("certificate is refused: (hostname|IP address) mismatch", said), said


def test_a_file_that_holds_no_certificate_is_told(suite, tmp_path):
    url = ("--url", f"https://localhost:{free_port()}/", *USER)
    for name in (suite.program, tmp_path / "none.pem"):
        said = suite.run(*url, "--ca", name, code=CANNOT_RUN)
        assert f"no certificate can be read from {name}" in said


def test_each_login_may_give_another_key(house, suite):
    with faulty_proxy.Proxy(house.server.port, defects.Each_Login_Has_Another_Key()) as proxy:
        keys = set()
        for _ in range(2):
            raw = RawClient(proxy.endpoint)
            raw.log_in()
            keys.add(raw.key)
        assert len(keys) == 2
        suite.run("--url", proxy.endpoint, *USER, "--strict", *AREAS)
