"""Builds of this repository and of copies of it, by the presets of CMakePresets.json."""

import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def build(preset, *targets, tree=REPOSITORY):
    """What went wrong; empty if nothing did."""
    for arguments in (["--preset", preset, "-Wno-dev"],
                      ["--build", "--preset", preset, "--target", *targets]):
        done = subprocess.run(["cmake", *arguments], cwd=tree, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            return done.stdout
    return ""
