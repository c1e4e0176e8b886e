"""A server that does a work of works.py once, driven by the load client."""

import hashlib
import json
import os
import shutil
import subprocess
import time

import works
from abusers import megabytes
from measure import cpu_seconds
from server import Server
from venvs import REPOSITORY

LOAD_CLIENT = REPOSITORY / "build" / "release" / "bench" / "load" / "ankiwire-load"
START_SECONDS_MAX = 600


class Failed(Exception):
    pass


class Run:
    """A server that does a work once."""

    def __init__(self, kind, work, made, folder):
        self.work = work
        self.made = made
        self.names = [f"user{i}" for i in range(1, work.users + 1)]
        users = [f"{name}:pass" for name in self.names]
        self.keys = [hashlib.sha1(user.encode()).hexdigest() for user in users]
        self.server = Server(kind, folder, users=users)
        self.server.start_seconds_max = START_SECONDS_MAX

    def load(self, *arguments):
        command = [LOAD_CLIENT, *arguments, "--port", self.server.port]
        if self.work.file:
            command += ["--file", self.made[self.work.file]]
        if arguments[0] == "apply-chunk":
            command += ["--notetype", works.notetype_of(self.made["small"])]
        users = "".join(f"{name} {key}\n" for name, key in zip(self.names, self.keys))
        client = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        client.stdin.write(users + "\n")
        client.stdin.flush()
        figures = client.stdout.readline()
        self.clock_stopped()
        _, errors = client.communicate()  # it checks what the server has done
        if client.returncode != 0:
            raise Failed(figures.strip() + errors.strip())
        return json.loads(figures)

    def clock_stopped(self):
        """What the server has taken by now is kept."""
        self.taken = {"server CPU s": cpu_seconds(self.server),
                      works.MEMORY: megabytes(self.server),
                      works.PEAK: megabytes(self.server, "VmHWM")}

    def measured(self):
        self._place_collections()
        self.work.before(self)
        os.sync()
        begun = time.perf_counter()
        with self.server:
            while not self.server.is_healthy():
                pass
            started = time.perf_counter() - begun
            self.clock_stopped()
            before = dict(self.taken)
            figures = {"count": 1, "seconds": started, "cpu_seconds": 0}
            if self.work.load:
                figures = self.load(*self.work.load)
            taken = self.taken
            cpu = taken["server CPU s"] - (before["server CPU s"] if self.work.load else 0)
            return {
                works.PER_SECOND: figures["count"] / figures["seconds"],
                works.PER_CPU_SECOND: figures["count"] / max(cpu, 0.01),
                works.SECONDS: figures["seconds"],
                **{name.replace("_", " "): figures[name] for name in figures if "ms" in name},
                **taken,
                "growth MB": taken[works.PEAK] - before[works.PEAK],
                "server CPU s": cpu,
                "client CPU s": figures["cpu_seconds"],
            }

    def _place_collections(self):
        for i, name in enumerate(self.names):
            if self.work.collection:
                folder = self.server.folder / name
                folder.mkdir(parents=True)
                shutil.copy(self.made[self._collection_of(i)], folder / "collection.anki2")

    def _collection_of(self, number):
        """In a school those who download have the big one."""
        if self.work.collection != "school":
            return self.work.collection
        new = self.work.load[2]
        return "big" if number * new % self.work.users < new else "small"
