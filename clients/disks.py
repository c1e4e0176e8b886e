"""Disks that are full, read-only or not ours, seen by a program under test alone: they are mounted
in a namespace of their own, which goes with its keeper."""

import os
import pathlib
import subprocess

import pytest


def bound_by_permissions():
    """What a program is started with, so that permissions of files hold for root too."""
    if os.geteuid() != 0:
        return []
    launcher = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if subprocess.run([*launcher, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("NOT TESTED, root cannot give up its privileges here")
    return launcher


class Disks:
    """`launcher` runs a command that sees the mounts; `path` leads there from outside."""

    def __init__(self):
        root = os.geteuid() == 0
        unshare = ["unshare", "--mount", "--propagation=private"]
        self.keeper = subprocess.Popen(
            [*unshare, *([] if root else ["--map-root-user"]), "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        pid = str(self.keeper.pid)
        self.launcher = ["nsenter", f"--target={pid}", "--mount", f"--wd={os.getcwd()}"]
        if not root:
            self.launcher += ["--user", "--preserve-credentials"]
        try:
            self.keeper.stdin.write(b"ready\n")
            self.keeper.stdin.flush()
            is_there = self.keeper.stdout.readline()
        except BrokenPipeError:
            is_there = b""
        if not is_there:
            reason = self.keeper.stderr.read().decode().strip()
            pytest.skip(f"NOT TESTED, no mounts are possible here: {reason}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.keeper.stdin.close()
        self.keeper.wait()

    def run(self, *command):
        subprocess.run([*self.launcher, *map(str, command)], check=True)

    def path(self, path):
        return pathlib.Path(f"/proc/{self.keeper.pid}/root{path}")

    def mount_small(self, path, kibibytes):
        self.run("mount", "-t", "tmpfs", "-o", f"size={kibibytes}k,mode=0755", "tmpfs", path)

    def make_read_only(self, path):
        self.run("mount", "--bind", path, path)
        self.run("mount", "-o", "remount,bind,ro", path)

    def unmount(self, path):
        self.run("umount", path)

    def fill(self, path):
        """Leaves no byte; returns the file that took them."""
        filling = self.path(path) / "filling"
        with open(filling, "wb", buffering=0) as file:
            for size in (65536, 4096, 512, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass
        return filling
