"""A copy of the sources in build/mutate/tree, that faults are made in and that is built: what
ci/mutate and ci/mutate_at_random have in common."""

import fcntl
import os
import subprocess
import sys

import cmake
import suite

REPOSITORY = suite.REPOSITORY
FOLDER = REPOSITORY / "build" / "mutate"
TREE = FOLDER / "tree"  # the sources, with one mutant at a time, and their build
BINARY = TREE / "build" / "release" / "src" / "server" / "ankiwire"
COPIED = ["CMakeLists.txt", "CMakePresets.json", "bench", "ci", "conformance", "fuzz", "packaging", "src",
          "spec"]
SUITE_SECONDS_MAX = 600  # a server that hangs is killed, too


def tracked_files():
    done = subprocess.run(["git", "ls-files", "-z", *COPIED], cwd=REPOSITORY, check=True,
                          capture_output=True, text=True)
    return [name for name in done.stdout.split("\0") if name and (REPOSITORY / name).exists()]


def restore(names):
    """Makes the tree as the repository is. What is equal is left alone, and so not rebuilt."""
    for name in names:
        source, target = REPOSITORY / name, TREE / name
        if not source.exists():  # removed meanwhile
            continue
        content = source.read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(source.stat().st_mode)


def remove_others(names):
    known = {TREE / name for name in names}
    for folder in COPIED:
        for path in (TREE / folder).rglob("*"):
            if path.is_file() and path not in known:
                path.unlink()


def apply(patch):
    """Makes a fault; restore() takes it back."""
    subprocess.run(["git", "apply", f"--directory={TREE.relative_to(REPOSITORY)}", patch],
                   cwd=REPOSITORY, check=True)


def build(target="ankiwire", preset="release"):
    """What went wrong; empty if nothing did."""
    return cmake.build(preset, target, tree=TREE)


def run_suite(arguments):
    """Which cases fail, or differ from what the official server does, or what else went wrong."""
    results = None
    try:
        with suite.new_server(binary=BINARY) as server:
            results = suite.run(server.endpoint, ["--strict", *arguments], SUITE_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return ["(the suite did not end)"]
    except AssertionError as error:  # it did not start, or did not stop as it should
        failed = results.failed if results else []
        return failed or [f"({str(error).splitlines()[0]})"]
    if results.code == suite.CANNOT_RUN:
        return [f"({results.said.strip().splitlines()[-1]})"]
    return results.failed + results.differing


def lock():
    """The tree is this run's until it ends. Exits if it is another one's."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(FOLDER / "lock", os.O_WRONLY | os.O_CREAT)  # closed when the process ends
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("mutate: another run uses build/mutate")


def copy():
    """Makes the tree; the names of its files, for restore(). Precondition: lock()."""
    names = tracked_files()
    restore(names)
    remove_others(names)
    return names


def prepare():
    """The names of all files of the tree, for restore(). The suite and an unchanged server are built,
    and the server passes. No other run can have the tree from now on."""
    lock()
    names = copy()
    if problem := cmake.build("release", "ankiwire-conformance") or build():
        sys.exit(f"{problem}\nmutate: the suite or the server cannot be built")
    if failed := run_suite([]):
        sys.exit(f"mutate: the server fails without any mutant: {', '.join(failed)}")
    return names
