"""Peers that mean no good, each kind in a process of its own that takes only what time others leave:
with Abuse(kind, port, …) as abuse: … . They call from 127.0.0.2, and where it is said from the
addresses that follow."""

import array
import asyncio
import base64
import contextlib
import fcntl
import ipaddress
import json
import multiprocessing
import os
import socket
import sqlite3
import termios
import time

from rawclient import RawClient, pack

ADDRESS_OF_ABUSERS = ipaddress.ip_address("127.0.0.2")
SECONDS_BETWEEN_BYTES = 1


class Abuse:
    """`keys` are those of accounts, for what needs one. `said`, after the end, is what it counted."""

    def __init__(self, kind, port, keys=(), count=None):
        self.ready, self.ending = multiprocessing.Event(), multiprocessing.Event()
        self._counts = multiprocessing.SimpleQueue()
        arguments = (kind, port, list(keys), count or KINDS[kind][1])
        self._process = multiprocessing.Process(target=self._run, args=arguments)
        self.said = {}

    def __enter__(self):
        self._process.start()
        assert self.ready.wait(timeout=60), "the abuse did not begin"
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.said = self._counts.get()
        self._process.join()

    def _run(self, kind, port, keys, count):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        crowd = KINDS[kind][0](port, keys, self.ready, self.ending)
        self._counts.put(asyncio.run(crowd.live(count)))


class Crowd:
    """As many peers of one kind, all at the same time."""

    def __init__(self, port, keys, ready, ending):
        self.port = port
        self.keys = keys
        self.ready = ready
        self.ending = ending
        self.counts = {}
        self.connections = []

    async def live(self, count):
        sockets = [await self.connect(number) for number in range(count)]
        peers = [asyncio.create_task(self.abuse(s, i)) for i, s in enumerate(sockets)]
        await self.begin(count)
        self.ready.set()
        while not self.ending.is_set():
            await asyncio.sleep(0.05)  # the event is of another process
        for peer in peers:
            peer.cancel()
        await asyncio.gather(*peers, return_exceptions=True)
        return self.counts

    async def begin(self, count):
        """Returns when there is abuse."""

    def address(self, number):
        return ADDRESS_OF_ABUSERS

    async def connect(self, number):
        """A small buffer: what is not read stays with the server."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.bind((str(self.address(number)), 0))
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        return connection

    async def send(self, connection, data):
        await asyncio.get_running_loop().sock_sendall(connection, data)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    async def abuse(self, connection, number):
        """Again and again, if the server ends it."""
        while True:
            with contextlib.closing(connection), contextlib.suppress(OSError):
                await self.do(connection, number)
            self.count("connections that the server ended")
            await asyncio.sleep(0.1)
            with contextlib.suppress(OSError):
                connection = await self.connect(number)

    async def until_closed(self, connection):
        while await asyncio.get_running_loop().sock_recv(connection, 4096):
            pass

    def head(self, method, number, more=""):
        key = self.keys[number % len(self.keys)] if self.keys else ""
        header = {"v": 11, "k": key, "c": "26.09.3,test,linux", "s": f"abuse{number}"}
        return (
            f"POST /sync/{method} HTTP/1.1\r\nHost: x\r\nanki-sync: {json.dumps(header)}\r\n{more}"
        ).encode()


def bytes_waiting(connection):
    """That have come and were not read."""
    answer = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, answer)
    return answer[0]


class Idle(Crowd):
    async def do(self, connection, number):
        await self.until_closed(connection)


class Halves(Crowd):
    """What is left of a peer that went away in the middle of a request."""

    async def do(self, connection, number):
        await self.send(connection, self.head("meta", number, "Content-Length: 100\r\n\r\n") + b"x")
        await self.until_closed(connection)


class SlowHeaders(Crowd):
    async def do(self, connection, number):
        for byte in self.head("meta", number, f"X: {'x' * 4000}\r\n\r\n"):
            await self.send(connection, bytes([byte]))
            await asyncio.sleep(SECONDS_BETWEEN_BYTES)


class SlowBodies(Crowd):
    """Every other one with a key, the others as if to log in."""

    async def do(self, connection, number):
        method = "applyChunk" if number % 2 else "hostKey"
        head = self.head(method, number, "Transfer-Encoding: chunked\r\n\r\n")
        await self.send(connection, head)
        while True:
            await self.send(connection, b"1\r\nx\r\n")
            await asyncio.sleep(SECONDS_BETWEEN_BYTES)


class DeafReaders(Crowd):
    """Of a download they take the first bytes alone. Begun: nothing more comes to them."""

    async def do(self, connection, number):
        body = pack(b"{}")
        more = f"Content-Length: {len(body)}\r\n\r\n"
        self.connections.append(connection)
        await self.send(connection, self.head("download", number, more) + body)
        await asyncio.get_running_loop().sock_recv(connection, 10)
        self.count("downloads begun")
        while True:
            await asyncio.sleep(3600)

    async def begin(self, count):
        while self.counts.get("downloads begun", 0) < count:
            await asyncio.sleep(0.01)
        before, waiting = -1, 0
        while before != waiting:
            await asyncio.sleep(0.2)  # the server sends as fast as it can
            before, waiting = waiting, sum(map(bytes_waiting, self.connections))


class Downloads(DeafReaders):
    """The same while they begin."""

    async def begin(self, count):
        pass


class Guessers(Crowd):
    """As fast as they are answered; with a name that exists and one that does not."""

    async def do(self, connection, number):
        loop = asyncio.get_running_loop()
        for attempt in range(1_000_000):
            name = "user0" if attempt % 2 else f"nobody{attempt}"
            body = pack(json.dumps({"u": name, "p": f"guess {number} {attempt}"}).encode())
            more = f"Content-Length: {len(body)}\r\n\r\n"
            await self.send(connection, self.head("hostKey", number, more) + body)
            reply = await loop.sock_recv(connection, 4096)
            if not reply:
                return
            self.count(f"answered {reply.split()[1].decode()}")


class ScatteredGuessers(Guessers):
    """The same from as many addresses."""

    def address(self, number):
        return ADDRESS_OF_ABUSERS + number


class BusyCores(Crowd):
    """No peers: what any other program on the machine costs, of however low a priority."""

    async def live(self, count):
        programs = [
            multiprocessing.get_context("fork").Process(target=self.count_on, daemon=True)
            for _ in range(count)
        ]
        for program in programs:
            program.start()
        self.ready.set()
        while not self.ending.is_set():
            await asyncio.sleep(0.05)
        for program in programs:
            program.terminate()
            program.join()
        return {}

    @staticmethod
    def count_on():
        number = 0
        while True:
            number += 1


KINDS = {
    "one busy core": (BusyCores, 1),
    "all cores busy": (BusyCores, os.cpu_count()),
    "idle sockets": (Idle, 1000),
    "half requests": (Halves, 200),
    "slow headers": (SlowHeaders, 200),
    "slow bodies": (SlowBodies, 200),
    "deaf readers": (DeafReaders, 100),
    "downloads at once": (Downloads, 100),
    "guessed passwords": (Guessers, 64),
    "guesses from many addresses": (ScatteredGuessers, 64),
}


def fill_for_deaf_readers(server, users):
    """Gives them a collection that no buffer on the way can take."""
    raw = RawClient(server.endpoint)
    raw.log_in(users[0])
    path = server.folder.parent / "large.anki2"
    path.write_bytes(raw.call("download").content)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        text = lambda: base64.b64encode(os.urandom(60_000)).decode()  # noqa: E731
        (notetype,) = db.execute("select min(id) from notetypes").fetchone()
        db.executemany(
            "insert into notes values (?, ?, ?, 1, 1, '', ?, '', 0, 0, '')",
            ((i, f"guid{i}", notetype, text()) for i in range(1, 150)),
        )
        db.execute("update col set mod = mod + 1")
        db.commit()
    packed = pack(path.read_bytes())
    for user in users:
        raw.log_in(user)
        reply = raw.call("upload", packed=packed)
        assert reply.content == b"OK", reply


def keys_of(endpoint, users):
    keys = []
    for user in users:
        raw = RawClient(endpoint)
        raw.log_in(user)
        keys.append(raw.key)
    return keys


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def megabytes(server, which="VmRSS"):
    """In memory now, of the server itself; VmHWM: at most so far."""
    with open(f"/proc/{server.process.pid}/status") as status:
        line = next(line for line in status if line.startswith(which))
    return int(line.split()[1]) / 1e3


def wait_for_descriptors(server, at_most, seconds=30):
    """Connections end when the server has heard of it."""
    deadline = time.monotonic() + seconds
    while descriptors(server) > at_most and time.monotonic() < deadline:
        time.sleep(0.01)  # only it knows
    return descriptors(server)
