"""What the programs of this folder share: the environment that they run in, and the CPU that a server
process has used."""

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


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")")[-1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
