"""What the programs of this folder share: the environment that they run in, the CPU that a server
process has used, and the page that their tables go to."""

import os
import pathlib
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def enter_environment():
    """Starts the program anew in the environment of the tests, unless it is there already."""
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(REPOSITORY / "clients"), str(REPOSITORY / "ci")]
    import venvs

    if os.environ.get("ANKIWIRE_BENCH") is None:
        os.environ["ANKIWIRE_BENCH"] = "inside the environment of the tests"
        subprocess.run([REPOSITORY / "ci" / "install", "--tests"], check=True)
        python = venvs.python_of_tests()
        os.execv(python, [str(python), *sys.argv])


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")")[-1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_readme(name, text):
    """In the place of what stands between the marks of that name."""
    page = REPOSITORY / "bench" / "README.md"
    begins, ends = f"<!-- {name} -->\n", "<!-- end -->\n"
    before, _, rest = page.read_text().partition(begins)
    _, _, after = rest.partition(ends)
    page.write_text(before + begins + text + ends + after)
