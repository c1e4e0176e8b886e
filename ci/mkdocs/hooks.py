"""What mkdocs does not do by itself: the form of a requirement, links from ids, the page of all
requirements, their permanent links, and the drawing of the state machine."""

import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import requirements  # noqa: E402
from mkdocs.structure.files import File  # noqa: E402

ALL = {}  # id -> Requirement
REFERENCE = re.compile(r"\bR-[A-Z]+-\d\d\b|(?<![\w/-])[\w-]+\.md\b")
LIST_PAGE = "requirements.md"
LEVELS = ["MUST", "SHOULD", "MAY", "OBSERVED"]


def on_config(config):
    ALL.update({requirement.id: requirement for requirement in requirements.read()})
    return config


def on_files(files, config):
    files.append(File.generated(config, LIST_PAGE, content=list_of_all()))
    return files


def on_page_markdown(markdown, page, **_):
    """Requirements get their form, ids outside of code their links."""
    here = page.file.src_uri
    if here == LIST_PAGE:
        return markdown
    if here == "state-machine.md":
        markdown = re.sub(r"```mermaid\n(.*?)```", lambda match: drawing(match[1]), markdown,
                          flags=re.DOTALL)
    # In the list of pages, what a link leads to says more than the name of a file.
    markdown = re.sub(r"\[([\w-]+\.md)\]\(\1\) \|", lambda match: f"[{title_of(match[1])}]({match[1]}) |",
                      markdown)
    depth = here.count("/")
    lines, in_code = [], False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            in_code = not in_code
        if in_code or line.startswith(("    ", "```")):
            lines.append(line)
        elif heading := requirements.HEADING.match(line):
            lines += heading_of(heading["id"], heading["title"], depth)
        elif level := requirements.LEVEL.match(line):
            lines += ["", *level_line(level), ""]
        else:
            lines.append(with_links(line, depth))
    return "\n".join(lines)


def heading_of(name, title, depth):
    up = "../" * (depth + 1)
    return [f'### <a class="req-id" href="{up}r/{name}/" title="permanent link">{name}</a> {title} '
            f"{{ #{name} .requirement }}", ""]


def level_line(match):
    until = f" · until v{match['until']}" if match["until"] else ""
    level = match["level"]
    return [f"<span class=\"level {level.lower()}\">{level}</span> since v{match['since']}{until} · "
            f"{with_sources(match['source'])}", "{ .about }"]


def with_sources(text):
    """Paths in the repositories of Anki and AnkiDroid become links."""
    base = None
    words = []
    for word in text.split(" "):
        bare = word.rstrip(",;")
        if words and words[-1] == "anki" and re.fullmatch(r"[0-9a-f]{7}|\d[\w.]*", bare):
            base = f"https://github.com/ankitects/anki/blob/{bare}/"
        if words and words[-1] == "ankidroid":
            base = None  # the paths are shortened
        if base and re.fullmatch(r"[\w./-]+\.(rs|proto|py|sql|toml)", bare):
            word = f"[{bare.split('/')[-1]}]({base}{bare} \"{bare}\"){word[len(bare):]}"
        words.append(word)
    return " ".join(words)


def with_links(line, depth):
    """Each id, and each name of a page, outside of code spans and links becomes a link."""
    pieces = re.split(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))", line)
    return "".join(piece if number % 2 else REFERENCE.sub(lambda match: link(match[0], depth), piece)
                   for number, piece in enumerate(pieces))


def link(name, depth):
    up = "../" * depth
    if name in ALL:
        return f"[{name}]({up}{ALL[name].page}#{name}){{ .id }}"
    return f"[{name}]({up}{name})" if (requirements.SPEC / name).exists() else name


# --- the page of all requirements ---


def list_of_all():
    counts = collections.Counter(requirement.level for requirement in ALL.values())
    boxes = " ".join(
        f'<label><input type="checkbox" checked value="{level}"> {level} ({counts[level]})</label>'
        for level in LEVELS
    )
    lines = [
        "---", "hide: [toc]", "search: {exclude: true}", "---", "# All requirements", "",
        f"{len(ALL)} requirements, by chapter. An id is a permanent link.", "",
        f'<div class="filter">{boxes} <label>version <select><option value="">any</option>'
        + "".join(f"<option>{version}</option>" for version in (11, 10, 9, 8))
        + '</select></label> <input type="search" placeholder="words" aria-label="words"></div>',
        "", '<div class="all" markdown>',
    ]
    page = None
    for requirement in ALL.values():
        if requirement.page != page:
            page = requirement.page
            lines += ["", f"## [{title_of(page)}]({page})", ""]
        since = f"v{requirement.since}"
        if requirement.until:
            since += f" to v{requirement.until}"
        name, level = requirement.id, requirement.level
        lines += [
            f'<a class="req-id" href="../r/{name}/">{name}</a> '
            f'<span class="level {level.lower()}">{level}</span> <small>{since}</small> '
            f"**{requirement.title}**<br>{with_links(requirement.sentence, 0)}",
            f"{{ .row data-level={level} data-since={requirement.since} "
            f"data-until={requirement.until or 99} }}",
            "",
        ]
    lines += ["</div>", '<script src="../assets/filter.js"></script>']
    return "\n".join(lines)


def title_of(page):
    return (requirements.SPEC / page).read_text().split("\n", 1)[0].removeprefix("# ")


# --- permanent links ---

REDIRECT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name} {title}</title>
<meta http-equiv="refresh" content="0; url={target}"><link rel="canonical" href="{target}"></head>
<body><a href="{target}">{name} {title}</a></body></html>
"""


def on_post_build(config):
    for name, requirement in ALL.items():
        page = "" if requirement.page == "README.md" else requirement.page.removesuffix(".md") + "/"
        folder = pathlib.Path(config.site_dir, "r", name)
        folder.mkdir(parents=True)
        target = f"../../{page}#{name}"
        (folder / "index.html").write_text(
            REDIRECT.format(name=name, title=requirement.title.replace("<", "&lt;"), target=target)
        )


# --- the state machine ---


def drawing(mermaid):
    """The two states, one above the other; what leads back to the same one stands beside it."""
    moves = collections.defaultdict(list)
    for source, target, label in re.findall(r"(\w+) --> (\w+) : (\w+)", mermaid):
        moves[source, target].append(label)
    states = sorted({state for move in moves for state in move}, key=lambda state: state != "idle")
    first, second = states  # a third one needs another drawing
    loops = [moves[state, state] for state in states]
    line = 17
    heights = [max(len(loop) * line, 40) for loop in loops]
    top = [34, 34 + heights[0] + 92]
    middle = [top[index] + heights[index] / 2 for index in (0, 1)]
    parts = ['<path d="M80 4v22" marker-end="url(#arrow)"/><circle cx="80" cy="5" r="5"/>']
    for index, state in enumerate(states):
        y = middle[index]
        parts.append(f'<rect x="20" y="{y - 20}" width="120" height="40" rx="10"/>'
                     f'<text x="80" y="{y + 5}" class="state">{state}</text>'
                     f'<path d="M140 {y - 9}c34 -22 34 40 2 18" marker-end="url(#arrow)"/>')
        parts += [f'<text x="176" y="{top[index] + number * line + 13}">{label}</text>'
                  for number, label in enumerate(loops[index])]
    down, up = middle[0] + 20, middle[1] - 20
    parts.append(f'<path d="M55 {down}V{up - 2}" marker-end="url(#arrow)"/>'
                 f'<path d="M105 {up}V{down + 2}" marker-end="url(#arrow)"/>')
    between = (down + up) / 2
    parts += [f'<text x="48" y="{between + 5}" class="left">{" ".join(moves[first, second])}</text>']
    back = moves[second, first]
    parts += [f'<text x="114" y="{between + 5 + (number - (len(back) - 1) / 2) * line}">{label}</text>'
              for number, label in enumerate(back)]
    height = top[1] + heights[1] + 10
    return (f'<svg class="states" viewBox="0 0 290 {height}" role="img" aria-label="States of a '
            'session"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0l8 4l-8 4z"/></marker></defs>'
            + "".join(parts) + "</svg>")
