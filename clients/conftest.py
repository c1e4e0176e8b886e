"""Fixtures: the warm clients of the whole run, a household for each test."""

import pytest

import quirks
from device import Pool
from household import Household, fill
from rawclient import RawClient
from venvs import NEWEST, OLD_VERSIONS, VERSIONS, NotHere, python_of, sources_of


def pytest_addoption(parser):
    parser.addoption("--server", choices=["ours", "official"], default="ours")
    parser.addoption("--versions", metavar="VERSION,...", help="of the clients; all unless told")


def pytest_report_header(config):
    versions = ", ".join(VERSIONS)
    return f"server: {config.getoption('--server')}; clients: anki {versions}"


def versions_of(item):
    """Of the clients that it is made for by its parameters."""
    if not hasattr(item, "callspec"):
        return set()
    values = []
    for value in item.callspec.params.values():
        values += value if isinstance(value, tuple) else [value]
    return {v for v in values if isinstance(v, str)} & {*VERSIONS, *OLD_VERSIONS}


def pytest_collection_modifyitems(config, items):
    if config.getoption("--versions"):
        wanted = set(config.getoption("--versions").split(","))
        left_out = [item for item in items if versions_of(item) - wanted]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not versions_of(item) - wanted]
    if config.getoption("--server") != "official":
        return
    items[:] = [item for item in items if not item.get_closest_marker("ours_only")]
    for item in items:
        reason = quirks.of_the_official_server.get(item.name) or quirks.of_the_official_server.get(
            item.originalname
        )
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason))


def pytest_generate_tests(metafunc):
    if "pair_versions" in metafunc.fixturenames:
        pairs = [(v, NEWEST) for v in VERSIONS] + [(v, v) for v in VERSIONS[:-1]]
        metafunc.parametrize("pair_versions", pairs, ids=["+".join(p) for p in pairs])
    given = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    is_given = any(names == "version" or "version" in tuple(names) for names in given)
    if "version" in metafunc.fixturenames and not is_given:
        metafunc.parametrize("version", VERSIONS)


@pytest.fixture(params=OLD_VERSIONS)
def old(request):
    """A version of protocol 8 to 10, which not every machine can run."""
    return require(request.param)


def require(version):
    try:
        python_of(version)
        sources_of(version)
    except NotHere as reason:
        pytest.skip(f"NOT TESTED: {version}: {reason}")
    return version


def pytest_terminal_summary(terminalreporter):
    """Says once what each skipped test says."""
    skipped = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])}
    for reason in sorted(skipped):
        if "NOT TESTED" in reason:
            terminalreporter.write_line(reason.removeprefix("Skipped: "), yellow=True)


@pytest.fixture(scope="session")
def pool(tmp_path_factory):
    pool = Pool(tmp_path_factory.mktemp("clients") / "clients.log")
    yield pool
    pool.end()


@pytest.fixture(scope="session")
def server_kind(request):
    return request.config.getoption("--server")


@pytest.fixture
def make_household(server_kind, tmp_path, pool):
    """For tests that set up the server in a way of their own."""

    def make(kind=server_kind, folder=tmp_path, **settings):
        return Household(kind, folder, pool, **settings)

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its server's log."""
    report = yield
    household = item.funcargs.get("house") if call.when == "call" and report.failed else None
    if household:
        report.sections.append(("server log", household.server.log[-3000:]))
        item.funcargs["house_failed"] = True
    return report


@pytest.fixture
def house(make_household, request):
    household = make_household()
    household.__enter__()
    yield household
    failed = request.node.funcargs.get("house_failed")
    household.__exit__(AssertionError if failed else None)


@pytest.fixture(scope="session")
def collection_file(tmp_path_factory, pool, server_kind):
    """A small collection as a client uploads it."""
    folder = tmp_path_factory.mktemp("template")
    with Household(server_kind, folder, pool) as household:
        device = household.device()
        fill(device)
        device.full_upload()
        raw = RawClient(household.server.endpoint)
        raw.log_in()
        return raw.call("download").content
