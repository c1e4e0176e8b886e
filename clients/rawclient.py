"""Requests of protocol 11 made by hand, good and bad ones."""

import http.client
import io
import json
import urllib.parse

import zstandard

CLIENT = "26.09.3,test,linux"


def pack(data):
    return zstandard.ZstdCompressor().compress(data)


def unpack(data):
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def bomb(mebibytes):
    """Zeros that unpack to that size."""
    packed = io.BytesIO()
    with zstandard.ZstdCompressor(level=3).stream_writer(packed, closefd=False) as writer:
        for _ in range(mebibytes):
            writer.write(bytes(2**20))
    return packed.getvalue()


class Reply:
    def __init__(self, status, headers, content):
        self.status = status
        self.headers = headers
        self.content = content

    def __repr__(self):
        return f"{self.status} {self.content[:200]!r}"

    @property
    def json(self):
        return json.loads(self.content)


class RawClient:
    """A device without a library: `key` after log_in, `session` as one sync has it."""

    def __init__(self, endpoint, session="rawses"):
        self.address = urllib.parse.urlsplit(endpoint)
        self.key = ""
        self.session = session

    def send(self, path, body=b"", headers=(), verb="POST", chunked=True):
        """The request exactly as given; the reply unpacked if it is zstd."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        try:
            # A server may answer before it has read everything, and then close.
            try:
                content = iter([body]) if chunked and body else body
                connection.request(verb, path, content, dict(headers), encode_chunked=chunked)
            except (BrokenPipeError, ConnectionResetError):
                pass
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        if reply.getheader("anki-original-size") is not None:
            size = int(reply.getheader("anki-original-size"))
            content = unpack(content)
            assert len(content) == size
        return Reply(reply.status, reply.headers, content)

    def header(self, **changes):
        return {"v": 11, "k": self.key, "c": CLIENT, "s": self.session, **changes}

    def call(self, method, value=None, raw=None, packed=None, base="sync", **header):
        """`value` as JSON; or `raw`, the unpacked body; or `packed`, the body itself."""
        if packed is None:
            packed = pack(raw if raw is not None else json.dumps(value or {}).encode())
        return self.send(
            f"/{base}/{method}",
            packed,
            {
                "anki-sync": json.dumps(self.header(**header), separators=(",", ":")),
                "Content-Type": "application/octet-stream",
            },
        )

    def good(self, method, value=None, **header):
        reply = self.call(method, value, **header)
        assert reply.status == 200, f"{method}: {reply}"
        return reply.json

    def media(self, method, value=None, **more):
        """A media method; what its reply wraps."""
        reply = self.call(method, value, base="msync", **more)
        assert reply.status == 200, f"{method}: {reply}"
        assert reply.json["err"] == ""
        return reply.json["data"]

    def log_in(self, user="user", password="pass"):
        self.key = self.good("hostKey", {"u": user, "p": password}, k="")["key"]

    def meta(self):
        return self.good("meta", {"v": 11, "cv": "anki,26.09.3 (test),linux"})

    def start(self, usn=0, newer=False, **header):
        return self.good("start", {"minUsn": usn, "lnewer": newer, "graves": None}, **header)
