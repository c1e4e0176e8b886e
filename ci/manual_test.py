#!/usr/bin/env python3
"""ci/manual_test.py PROGRAM: holds what people read of ankiwire to the program. The manual page has
the commands and options of `ankiwire --help`, and no others; the page, `--help`, README.md and the
settings of the package have the variables of src/server/config.cpp, and no others."""

import pathlib
import re
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "packaging" / "ankiwire.1"
SUITE_PAGE = REPOSITORY / "packaging" / "ankiwire-conformance.1"  # short: --help has the rest

LITERAL = re.compile(r'"([A-Z][A-Z_]+)"')  # a variable is a whole literal of config.cpp
VARIABLE = re.compile(r"\b([A-Z]+(?:_[A-Z]+)+)\d?\b")
IP_SOURCE = re.compile(r'\{"(\w+)", IpSource::')


def help_of(program, *command):
    return subprocess.check_output([program, *command, "--help"], text=True)


def options_in(text):
    """Of a page of help, without --help, which every command has."""
    return set(re.findall(r"^  (?:-\w,)?--([\w-]+)", text, re.MULTILINE)) - {"help"}


def program_commands(program):
    """Each command with its options; "" is the program itself."""
    text = help_of(program)
    listed = text.partition("Subcommands:\n")[2].partition("\n\n")[0]
    commands = {"": options_in(text)}
    for name in re.findall(r"^  ([\w-]+)", listed, re.MULTILINE):
        commands[name] = options_in(help_of(program, name))
    return commands


def section(page, title):
    return page.partition(f"\n.Sh {title}\n")[2].partition("\n.Sh ")[0]


def page_commands(page):
    """A command may have several entries."""
    flags = set(re.findall(r"Fl -([\w-]+)", section(page, "DESCRIPTION"))) - {"help"}
    commands = {"": flags}
    for name, rest in re.findall(r"^\.It Cm (\S+)(.*)$", section(page, "COMMANDS"), re.MULTILINE):
        commands.setdefault(name, set()).update(re.findall(r"Fl -([\w-]+)", rest))
    return commands


def page_synopsis(page):
    return set(re.findall(r"Cm (\S+)", section(page, "SYNOPSIS")))


def page_variables(page):
    items = re.findall(r"^\.It Ev (\w+)", section(page, "ENVIRONMENT"), re.MULTILINE)
    return {re.sub(r"\d+$", "", name) for name in items}


def lint(page):
    """What the two programs that show manual pages say of it."""
    for command in (["mandoc", "-T", "lint"], ["groff", "-ww", "-mandoc", "-T", "utf8", "-z"]):
        said = subprocess.run([*command, page], capture_output=True, text=True)
        yield from (said.stdout + said.stderr).splitlines()


def differences(what, found, wanted):
    """Both are sets, or dictionaries of sets."""
    for name in sorted(set(found) - set(wanted)):
        yield f"{what}: {name} is unknown to the program"
    for name in sorted(set(wanted) - set(found)):
        yield f"{what}: {name} is missing"
    if isinstance(found, dict):
        for name in sorted(set(found) & set(wanted)):
            yield from differences(f"{what}: {name or 'options'}", found[name], wanted[name])


def main(program):
    page = PAGE.read_text()
    source = (REPOSITORY / "src/server/config.cpp").read_text()
    variables = set(LITERAL.findall(source))
    commands = program_commands(program)
    # Everywhere but in the page, HOME is said in other words; the package has it and RUST_LOG not.
    official = variables - {"HOME"}
    readme = (REPOSITORY / "README.md").read_text()
    readme = readme.partition("\n## Settings\n")[2].partition("\n## ")[0]
    settings = (REPOSITORY / "packaging/ankiwire.env").read_text()
    in_settings = set(re.findall(r"^#([A-Z_]+)\d?=", settings, re.MULTILINE))

    problems = [
        *differences("page", page_commands(page), commands),
        *differences("synopsis", page_synopsis(page), commands.keys() - {""}),
        *differences("page", page_variables(page), variables),
        *differences("--help", set(VARIABLE.findall(help_of(program))), official),
        *differences("README.md", set(VARIABLE.findall(readme)), official),
        *differences("ankiwire.env", in_settings, official - {"RUST_LOG"}),
        *(f"page: {name} is missing" for name in IP_SOURCE.findall(source) if name not in page),
        *lint(PAGE),
        *lint(SUITE_PAGE),
    ]
    for problem in problems:
        print(problem)
    if not IP_SOURCE.search(source) or not any(commands.values()):
        sys.exit("manual_test: this test is broken")
    print(f"manual_test: looked at {len(commands) - 1} commands, {len(variables)} variables")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
