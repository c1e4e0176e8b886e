"""Clean roots of Debian 12 (ci/root), and programs that run in them."""

import contextlib
import os
import pathlib
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
CI_ROOT = str(REPOSITORY / "ci" / "root")
SECONDS_MAX = 60


def until(what, reached):
    """Polls what only another program can bring about; returns what `reached` did."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        if found := reached():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: waited {SECONDS_MAX} s")


def child_of(process):
    """The id of its one child; None if it has none."""
    path = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    children = path.read_text().split() if path.exists() else []
    return children[0] if children else None


class Root:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.log_path = self.folder.with_suffix(".log")

    def path(self, name):
        return self.folder / name.lstrip("/")

    def command(self, *words):
        """What becomes that command in the root."""
        return [CI_ROOT, "run", str(self.folder), "DEBIAN_FRONTEND=noninteractive", *words]

    def run(self, *words, check=True):
        """Its exit code, if that is not checked, and what it said."""
        done = subprocess.run(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not check:
            return done.returncode, done.stdout
        assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def install(self, *packages):
        return self.run("apt-get", "install", "-y", "--no-install-recommends", *packages)

    def files(self):
        """All paths but those of the kernel's file systems and of the moment."""
        found = set()
        for folder, folders, files in os.walk(self.folder):
            if folder == str(self.folder):
                folders[:] = set(folders) - {"proc", "sys", "dev", "run", "tmp"}
            below = os.path.relpath(folder, self.folder)
            found.update(os.path.normpath(f"/{below}/{name}") for name in folders + files)
        return found


@contextlib.contextmanager
def clean_roots(*names):
    # Not below /dev, which each root has a copy of.
    with tempfile.TemporaryDirectory(prefix="ankiwire-roots.", dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        folders = [f"{folder}/{name}" for name in names]
        try:
            subprocess.run([CI_ROOT, "make", *folders], check=True)
            yield [Root(root) for root in folders]
        finally:
            subprocess.run([CI_ROOT, "remove", *folders], check=True)
