"""What a browser shows at the server's address: the right address to type, readable everywhere."""

import pytest
from browser import Browser
from front import EXAMPLES, Authority, Front
from server import Server
from venvs import REPOSITORY

pytestmark = pytest.mark.ours_only
PICTURES = REPOSITORY / "build" / "home_page"

ADDRESS = "document.getElementById('address').textContent"
NOTES = "[...document.querySelectorAll('.note')].filter(note => !note.hidden).map(note => note.id)"
WIDER_THAN_THE_WINDOW = """
[...document.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth)
    .map(e => e.outerHTML.slice(0, 80))
"""
# Of each element with text of its own: the contrast with what is behind it, as WCAG 2 counts it.
TOO_FAINT = """
(() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = color => {
    const [r, g, b] = channels(color).map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    const color = getComputedStyle(e).backgroundColor;
    return channels(color)[3] === 0 ? behind(e.parentElement) : color;
  };
  const texts = [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() &&
      [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()));
  const faint = texts.map(e => {
    const two = [getComputedStyle(e).color, behind(e)].map(luminance);
    const [dark, light] = two.sort((a, b) => a - b);
    return [(light + 0.05) / (dark + 0.05), e.outerHTML.slice(0, 80)];
  }).filter(([contrast]) => contrast < 4.5);
  return {looked_at: texts.length, faint};
})()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server("ours", tmp_path_factory.mktemp("home_page") / "server") as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def without_errors(browser):
    browser.look(width=1280)
    yield
    assert browser.errors == []


# R-TRANS-14
@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/", "/"),
        ("/?from=elsewhere", "/"),
        ("/sync/", "/"),
        ("/anki/", "/anki/"),
        ("/anki/msync/", "/anki/"),
        ("/my%20sync/", "/my%20sync/"),
    ],
)
def test_it_shows_the_address_that_the_browser_has(server, browser, path, base):
    browser.open(f"http://cards.example:{server.port}{path}")
    assert browser.evaluate(ADDRESS) == f"http://cards.example:{server.port}{base}"


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_behind_a_proxy_it_shows_the_address_of_the_proxy(server, browser, tmp_path, kind):
    site = EXAMPLES[kind].read_text()
    with Front(kind, site, tmp_path / "front", Authority(tmp_path), server.port) as proxy:
        for path in ("anki/", "anki", "anki/sync/"):
            browser.open(proxy.address + path)
            assert browser.evaluate(ADDRESS) == proxy.address + "anki/"


@pytest.mark.parametrize(
    ("host", "notes"),
    [
        ("cards.example", ["plain"]),
        ("172.32.0.1", ["plain"]),
        ("localhost", ["here-only"]),
        ("127.0.0.1", ["here-only"]),
        ("192.168.7.7", []),
        ("172.31.0.1", []),
        ("[fd00::7]", []),
        ("attic", []),
        ("attic.local", []),
    ],
)
def test_it_warns_of_addresses_that_are_not_for_everywhere(server, browser, host, notes):
    browser.open(f"http://{host}:{server.port}/")
    assert browser.evaluate(NOTES) == notes


def test_its_button_copies_the_address(server, browser):
    browser.open(f"http://localhost:{server.port}/anki/")
    browser.command(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
    )
    browser.evaluate("document.getElementById('copy').onclick()")
    copied = browser.evaluate("navigator.clipboard.readText()")
    assert copied == f"http://localhost:{server.port}/anki/"


def test_without_scripts_it_names_the_address_bar(server, browser):
    browser.look(width=1280, scripts=False)
    browser.open(f"http://localhost:{server.port}/")
    assert "as your browser shows it" in browser.evaluate(ADDRESS)
    assert browser.evaluate("document.getElementById('copy').checkVisibility()") is False


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_it_fits_and_can_be_read(server, browser, width, scheme):
    browser.look(width, scheme=scheme)
    browser.open(f"http://a-rather-long-name-of-a-host.cards.example:{server.port}/anki/")
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.take_picture(PICTURES / f"{width}-{scheme}.png")
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate(WIDER_THAN_THE_WINDOW) == []
    readable = browser.evaluate(TOO_FAINT)
    assert readable["faint"] == []
    assert readable["looked_at"] > 20
    red = browser.evaluate("+getComputedStyle(document.body).backgroundColor.match(/\\d+/)")
    assert (red < 128) == (scheme == "dark")
