"""Makes the virtual environments: one for each client version, one for pytest.

They live in build/clients/<name>; a marker file says that one is complete. ANKIWIRE_VENVS may name
a folder that already holds environments of client versions.
"""

import os
import pathlib
import subprocess

VERSIONS = ["2.1.58", "2.1.66", "23.10.1", "24.11", "25.9.5", "26.9.3"]
NEWEST = VERSIONS[-1]
# Clients of protocol 10, which `clients/record` records; what else they need.
OLD_VERSIONS = {
    "2.1.36": ["protobuf<3.21"],
    "2.1.40": ["protobuf<3.21"],
    "2.1.44": ["protobuf<3.21"],
    "2.1.56": [],
}
NOT_INSTALLED = dict.fromkeys(["2.1.26", "2.1.28", "2.1.35"], "needs Python 3.8")
TEST_PACKAGES = ["pytest==8.3.4", "zstandard==0.23.0"]

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
OWN_FOLDER = REPOSITORY / "build" / "clients"
SYSTEM_PYTHON = "/usr/bin/python3"


def python_of(version, *more_packages):
    """The interpreter that has the library of this version; made at first use."""
    more_packages = more_packages or OLD_VERSIONS.get(version, ())
    given = os.environ.get("ANKIWIRE_VENVS")
    if given and (found := pathlib.Path(given) / version / "bin" / "python").exists():
        return found
    return ensure(version, [f"anki=={version}", *more_packages])


def python_of_tests():
    return ensure("pytest", TEST_PACKAGES)


def ensure(name, packages):
    folder = OWN_FOLDER / name
    python = folder / "bin" / "python"
    marker = folder / "installed"
    wanted = "\n".join(packages)
    if marker.exists() and marker.read_text() == wanted:
        return python
    print(f"clients: installing {' '.join(packages)}", flush=True)
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    marker.write_text(wanted)
    return python
