"""8 users for a minute, two devices each, all at once: nothing breaks, and nothing that was answered
is lost. Meant for a server built with a sanitizer, whose report is an exit code of its own."""

import concurrent.futures
import hashlib
import json
import random
import socket
import time

from household import Household
from media_zip import read_download_zip, upload_zip
from rawclient import RawClient, pack

USERS = 8
SECONDS = 60
# Of the other users nothing but an answer is expected: each upload replaces what was there.
USERS_WITH_UPLOADS = USERS // 2
NO_CHANGES = {"changes": {"models": [], "decks": [[], []], "tags": []}}


class Device:
    """Does one thing after the other; knows which of its reviews the server has taken."""

    def __init__(self, endpoint, user, number, uploads):
        self.random = random.Random(f"{user} {number}")
        self.raw = RawClient(endpoint, session=f"{user} {number}")
        self.raw.log_in(user, "pass")
        self.next_review = 1_000_000 * (number + 1)
        self.taken = set()
        self.done = 0
        self.number = number
        self.files = {}
        self.actions = [self.sync] * 6 + [
            self.send_media,
            self.send_media,
            self.get_media,
            self.download,
            self.start_and_leave,
            self.start_and_abort,
            self.break_off,
            self.send_nonsense,
        ]
        if uploads:
            self.actions.append(self.upload)

    def live(self, end):
        while time.monotonic() < end:
            self.random.choice(self.actions)()
            self.done += 1

    def good_or_conflict(self, method, value=None):
        """False: the other device has begun a sync of its own, or replaced the collection."""
        reply = self.raw.call(method, value)
        assert reply.status in (200, 409), f"{method}: {reply}"
        return reply if reply.status == 200 else None

    def begin(self):
        usn = self.raw.meta()["usn"]
        graves = {"minUsn": usn, "lnewer": False, "graves": None}
        return self.good_or_conflict("start", graves) is not None

    def sync(self):
        count = self.random.randrange(400)
        reviews = range(self.next_review, self.next_review + count)
        self.next_review += count
        rows = [[id, 1, -1, 3, 1, 1, 2500, 1000, 1] for id in reviews]
        if not self.begin() or not self.good_or_conflict("applyChanges", NO_CHANGES):
            return
        while True:
            reply = self.good_or_conflict("chunk")
            if reply is None:
                return
            if reply.json["done"]:
                break
        for first in range(0, count, 250):
            part = {"done": first + 250 >= count, "revlog": rows[first : first + 250]}
            if not self.good_or_conflict("applyChunk", {"chunk": part}):
                return
        if self.good_or_conflict("finish"):
            self.taken |= set(reviews)

    def download(self):
        assert self.raw.call("download").status == 200

    def upload(self):
        reply = self.raw.call("upload", raw=self.raw.call("download").content)
        # 503: the other device changed the collection again and again meanwhile.
        assert reply.content == b"OK" or reply.status == 503, reply

    def send_media(self):
        """Adds, replaces and deletes files that are this device's alone."""
        batch = []
        for _ in range(self.random.randrange(1, 26)):
            name = f"{self.number}-{self.random.randrange(60)}.txt"
            content = None if self.random.random() < 0.3 else self.random.randbytes(2_000)
            batch.append((name, content))
        assert self.raw.media("uploadChanges", raw=upload_zip(batch))[0] == len(batch)
        self.files |= dict(batch)

    def get_media(self):
        changes = self.raw.media("mediaChanges", {"lastUsn": 0})
        names = [name for name, _, sha1 in changes if sha1][:25]
        reply = self.raw.call("downloadFiles", {"files": names}, base="msync")
        if reply.status == 409:
            return  # the other device has deleted the first one meanwhile
        for name, content in read_download_zip(reply.content):
            if name in self.files:
                assert content == self.files[name], name

    def media_that_should_be(self):
        return {
            name: hashlib.sha1(content).hexdigest()
            for name, content in self.files.items()
            if content is not None
        }

    def start_and_leave(self):
        if self.begin():
            self.good_or_conflict("applyChunk", {"chunk": {"done": True, "revlog": [[1] * 9]}})

    def start_and_abort(self):
        self.start_and_leave()
        self.raw.good("abort")

    def break_off(self):
        address = (self.raw.address.hostname, self.raw.address.port)
        body = pack(json.dumps({"v": 11, "cv": "x" * 1000}).encode())
        head = (
            f"POST /sync/meta HTTP/1.1\r\nHost: x\r\nanki-sync: {json.dumps(self.raw.header())}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        request = head.encode() + body
        with socket.create_connection(address) as connection:
            connection.sendall(request[: self.random.randrange(1, len(request))])

    def send_nonsense(self):
        assert self.raw.call("meta", k="nobody's").status == 403
        assert self.raw.call("meta", packed=b"not zstd").status == 400
        assert self.raw.call("start", raw=b"{").status == 400


def reviews_of(endpoint, user):
    """As a new device gets them."""
    raw = RawClient(endpoint, session="a new device")
    raw.log_in(user, "pass")
    raw.start(usn=0)
    found = []
    while True:
        chunk = raw.good("chunk")
        found += [row[0] for row in chunk.get("revlog", [])]
        if chunk["done"]:
            return found


def test_8_users_for_a_minute(server_kind, tmp_path, pool):
    users = [f"user{number}" for number in range(USERS)]
    accounts = [f"{user}:pass" for user in users]
    with Household(server_kind, tmp_path, pool, users=accounts) as house:
        endpoint = house.server.endpoint
        devices = {
            user: [Device(endpoint, user, i, uploads=n < USERS_WITH_UPLOADS) for i in range(2)]
            for n, user in enumerate(users)
        }
        end = time.monotonic() + SECONDS
        with concurrent.futures.ThreadPoolExecutor(2 * USERS) as threads:
            lives = [threads.submit(d.live, end) for pair in devices.values() for d in pair]
        for life in lives:
            life.result()
        for user in users[USERS_WITH_UPLOADS:]:
            found = reviews_of(endpoint, user)
            assert len(found) == len(set(found))
            assert set(found) == devices[user][0].taken | devices[user][1].taken
            assert len(found) > 0
        for user, (one, other) in devices.items():
            found = house.server_media(user)
            assert found == one.media_that_should_be() | other.media_that_should_be()
            assert len(found) > 0
        assert house.server.is_healthy()
        print(sum(d.done for pair in devices.values() for d in pair), "actions")
