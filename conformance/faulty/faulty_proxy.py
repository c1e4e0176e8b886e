"""A loopback proxy in front of a server, which shows one defect. What the defect has nothing to do
with passes byte by byte, broken connections included."""

import contextlib
import dataclasses
import http.client
import io
import json
import re
import socket
import socketserver
import sys
import threading
import traceback
import zipfile

import zstandard

PIECE = 64 * 1024
HEAD_END = b"\r\n\r\n"
REQUEST = re.compile(rb"[A-Z]+ /")
CHUNK = re.compile(rb"[0-9a-fA-F]{1,8}\r\n")
FRAMING = ("content-length", "transfer-encoding", "connection", "date")


@dataclasses.dataclass
class Request:
    head: bytes  # to its empty line
    path: str
    headers: dict  # names in lower case
    body: bytes = b""  # without its framing
    framed: bytes = b""  # as it came

    @property
    def method(self):
        segments = [segment for segment in self.path.split("?")[0].split("/") if segment]
        return segments[-1] if segments else ""

    @property
    def json(self):
        """None if the body holds none."""
        try:
            return json.loads(unpacked(self.body))
        except (zstandard.ZstdError, ValueError):
            return None

    @property
    def media_zip(self):
        """None if the body holds none."""
        try:
            return zipfile.ZipFile(io.BytesIO(unpacked(self.body)))
        except (zstandard.ZstdError, zipfile.BadZipFile):
            return None

    @property
    def media_changes(self):
        """The pairs of an upload of media; none if the body holds no such list."""
        archive = self.media_zip
        try:
            changes = json.loads(archive.read("_meta")) if archive else []
        except (KeyError, ValueError):
            return []
        is_pairs = isinstance(changes, list) and all(
            isinstance(change, list) and len(change) == 2 for change in changes)
        return changes if is_pairs else []


@dataclasses.dataclass
class Reply:
    status: int
    headers: list
    body: bytes

    @property
    def is_packed(self):
        return any(name.lower() == "anki-original-size" for name, _ in self.headers)

    @property
    def plain(self):
        return unpacked(self.body) if self.is_packed else self.body

    def with_plain(self, plain):
        """The same reply with another content."""
        if not self.is_packed:
            return Reply(self.status, self.headers, plain)
        others = [(n, v) for n, v in self.headers if n.lower() != "anki-original-size"]
        return Reply(self.status, [*others, ("anki-original-size", str(len(plain)))],
                     zstandard.ZstdCompressor().compress(plain))

    def with_json(self, value):
        return self.with_plain(json.dumps(value, separators=(",", ":")).encode())


def unpacked(body):
    return zstandard.ZstdDecompressor().decompressobj().decompress(body) if body else b""


def refusal(status, text=""):
    return Reply(status, [("Content-Type", "text/plain")], text.encode())


class Proxy:
    """The defect's `methods` tell what it looks at. Its on_request(request) gives the request to be
    sent in its place, or the reply; its on_reply(request, reply) gives the reply."""

    def __init__(self, port, defect):
        self.upstream_port = port
        self.defect = defect
        self.errors = []  # of the defect itself, which would look like a server that breaks off

    def __enter__(self):
        proxy = self

        class Handler(_Handler):
            owner = proxy

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, *_):
                broken = (OSError, http.client.HTTPException)  # a connection that breaks
                if not isinstance(sys.exc_info()[1], broken):
                    proxy.errors.append(traceback.format_exc())

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/"


class _Handler(socketserver.StreamRequestHandler):
    """One request; what comes after it on the same connection passes as it is."""

    owner = None

    def handle(self):
        request = self._read_head()
        defect = self.owner.defect
        with socket.create_connection(("127.0.0.1", self.owner.upstream_port)) as upstream:
            concerns = defect.methods is None or request.method in defect.methods
            if not (request.path and concerns and self._read_body(request)):
                upstream.sendall(request.head + request.framed)
                self._pump_both(upstream)
                return
            answer = defect.on_request(request)
            if isinstance(answer, Request):
                upstream.sendall(answer.head + answer.framed)
                answer = defect.on_reply(answer, read_reply(upstream))
            self._write(answer)

    def _read_head(self):
        """Nothing of what is no HTTP."""
        head = b""
        if REQUEST.match(self.rfile.peek()):
            while not head.endswith(HEAD_END) and (line := self.rfile.readline(PIECE)):
                head += line
        lines = head.decode("latin-1").split("\r\n")
        path = lines[0].split(" ")[1] if head else ""
        headers = dict(line.split(":", 1) for line in lines[1:] if ":" in line)
        return Request(head, path, {name.strip().lower(): v.strip() for name, v in headers.items()})

    def _read_body(self, request):
        """False if it breaks off, or its framing is wrong: that is the server's to judge."""
        if "chunked" not in request.headers.get("transfer-encoding", "").lower():
            length = request.headers.get("content-length", "0")
            if not length.isdigit():
                return False
            request.body = request.framed = self.rfile.read(int(length))
            return len(request.body) == int(length)
        request.body, request.framed = bytearray(), bytearray()
        while True:
            line = self.rfile.readline(PIECE)
            request.framed += line
            if not CHUNK.fullmatch(line):
                return False
            size = int(line, 16)
            piece = self.rfile.read(size + 2)
            request.framed += piece
            request.body += piece[:size]
            if size == 0 or len(piece) < size + 2:
                return size == 0

    def _pump_both(self, upstream):
        back = threading.Thread(target=pump, args=(upstream.recv, self.connection))
        back.start()
        pump(self.rfile.read1, upstream)
        back.join()

    def _write(self, reply):
        head = [f"HTTP/1.1 {reply.status} {http.client.responses.get(reply.status, '')}"]
        head += [f"{name}: {value}" for name, value in reply.headers if name.lower() not in FRAMING]
        head += [f"Content-Length: {len(reply.body)}", "Connection: close"]
        self.wfile.write("\r\n".join(head).encode("latin-1") + HEAD_END + reply.body)


def pump(read, to):
    """Until the end, which is handed on. A side that does not listen any more may still be read from: a
    server answers, and closes, before it has read everything."""
    listens = True
    try:
        while piece := read(PIECE):
            try:
                if listens:
                    to.sendall(piece)
            except OSError:
                listens = False
    except OSError:
        pass
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_WR)


def read_reply(upstream):
    reply = http.client.HTTPResponse(upstream)
    reply.begin()
    return Reply(reply.status, reply.getheaders(), reply.read())
