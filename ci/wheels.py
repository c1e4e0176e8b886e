"""Programs from PyPI that ci/ runs, each in an environment of its own below build/."""

import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def installed(name, packages):
    """The bin/ folder of the environment that has these; made at first use."""
    folder = REPOSITORY / "build" / f"{name}-venv"
    marker = folder / "installed"
    wanted = "\n".join(packages)
    if not marker.exists() or marker.read_text() != wanted:
        print(f"{name}: installing", *packages, flush=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *packages],
                       check=True)
        marker.write_text(wanted)
    return folder / "bin"
