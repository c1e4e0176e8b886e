"""Makes the virtual environments: one for each client version, one for pytest.

They live in build/clients/<name>; a marker file says that one is complete. ANKIWIRE_VENVS may name
a folder that already holds environments of client versions. Old clients need an old Python, which
is looked for in the folders of ANKIWIRE_PYTHONS (separated as in PATH), then in those of PATH. The
oldest are in no registry: ANKIWIRE_SOURCES names a folder that has their sources, as <version>.
"""

import dataclasses
import fcntl
import os
import pathlib
import shutil
import subprocess

VERSIONS = ["2.1.58", "2.1.66", "23.10.1", "24.11", "25.9.5", "26.9.3"]
NEWEST = VERSIONS[-1]
TEST_PACKAGES = ["pytest==8.3.4", "pytest-xdist==3.6.1", "zstandard==0.23.0"]

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
OWN_FOLDER = REPOSITORY / "build" / "clients"
SYSTEM_PYTHON = "/usr/bin/python3"


@dataclasses.dataclass
class OldClient:
    packages: tuple
    python: str = SYSTEM_PYTHON
    from_sources: bool = False


def with_backend(version):
    """Up to 2.1.35 the backend is a package of its own, for Python 3.8 at most."""
    return OldClient((f"anki=={version}", f"ankirspy=={version}", "protobuf<3.21"), "python3.8")


def with_old_protobuf(version):
    return OldClient((f"anki=={version}", "protobuf<3.21"))


# Clients of protocol 8 to 10, which `clients/record` records.
OLD_VERSIONS = {
    "2.0.33": OldClient((), "python2.7", from_sources=True),
    "2.0.52": OldClient((), "python2.7", from_sources=True),
    "2.1.12": OldClient(
        ("beautifulsoup4", "decorator", "distro", "requests", "send2trash"),
        "python3.8",
        from_sources=True,
    ),
    **{version: with_backend(version) for version in ("2.1.26", "2.1.28", "2.1.35")},
    **{
        version: with_old_protobuf(version)
        for version in ("2.1.36", "2.1.40", "2.1.44", "2.1.45", "2.1.49")
    },
    "2.1.56": OldClient(("anki==2.1.56",)),
}


class NotHere(Exception):
    """A client that cannot run on this machine, and why."""


def python_of(version):
    """The interpreter that has the library of this version, or can run its sources; made at first
    use. NotHere: there is none."""
    given = os.environ.get("ANKIWIRE_VENVS")
    if given and (found := pathlib.Path(given) / version / "bin" / "python").exists():
        return found
    old = OLD_VERSIONS.get(version, OldClient((f"anki=={version}",)))
    interpreter = find_python(old.python)
    return ensure(version, old.packages, interpreter) if old.packages else interpreter


def sources_of(version):
    """The folder of a version that is no package; None for those that are."""
    if version not in OLD_VERSIONS or not OLD_VERSIONS[version].from_sources:
        return None
    folder = pathlib.Path(os.environ.get("ANKIWIRE_SOURCES", "")) / version
    if not (folder / "anki" / "sync.py").exists():
        raise NotHere("its sources are not in the folder that ANKIWIRE_SOURCES names")
    return folder.resolve()


def find_python(name):
    """The first of this name that runs: there are some that only say how to install one."""
    folders = [os.environ.get("ANKIWIRE_PYTHONS", ""), os.environ["PATH"]]
    for folder in filter(None, os.pathsep.join(folders).split(os.pathsep)):
        path = pathlib.Path(folder) / name
        if path.is_file() and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return path
    raise NotHere(f"no {name} that runs, neither on PATH nor in ANKIWIRE_PYTHONS")


def python_of_tests():
    return ensure("pytest", TEST_PACKAGES)


def ensure(name, packages, interpreter=SYSTEM_PYTHON):
    OWN_FOLDER.mkdir(parents=True, exist_ok=True)
    with open(OWN_FOLDER / f"{name}.lock", "w") as lock:  # tests run beside each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        return install(OWN_FOLDER / name, packages, interpreter)


def install(folder, packages, interpreter):
    python = folder / "bin" / "python"
    marker = folder / "installed"
    wanted = "\n".join(packages)
    if marker.exists() and marker.read_text() == wanted:
        return python
    print(f"clients: installing {' '.join(packages)}", flush=True)
    subprocess.run([interpreter, "-m", "venv", "--clear", folder], check=True)
    try:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder)  # lest it be taken for installed
        raise
    marker.write_text(wanted)
    return python
