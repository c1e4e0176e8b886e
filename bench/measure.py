"""What the programs of this folder share: the environment that they run in, what a server process
costs, and a table of it."""

import os
import pathlib
import subprocess
import sys

CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"


def enter_environment():
    """Starts the program anew in the environment of the tests, unless it is there already."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(CLIENTS))
    import venvs

    if os.environ.get("ANKIWIRE_BENCH") is None:
        os.environ["ANKIWIRE_BENCH"] = "inside the environment of the tests"
        subprocess.run([venvs.REPOSITORY / "ci" / "install", "--tests"], check=True)
        python = venvs.python_of_tests()
        os.execv(python, [str(python), *sys.argv])


def megabytes_at_peak(server):
    return megabytes(server, "VmHWM")


def megabytes_now(server):
    return megabytes(server, "VmRSS")


def megabytes(server, which):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(which)).split()[1]) / 1e3


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")")[-1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def print_row(*cells):
    print("".join(f"{cell:>15}" for cell in cells), flush=True)
