"""A loopback HTTP proxy that disturbs a named method once: holds it, or cuts the connection."""

import contextlib
import dataclasses
import http.client
import http.server
import socket
import struct
import threading


class Gate:
    """A request that is held: wait until it is there, look around, then let it go."""

    def __init__(self):
        self._reached = threading.Event()
        self._open = threading.Event()

    def wait_until_reached(self):
        assert self._reached.wait(timeout=30), "the request never came"

    def open(self):
        self._open.set()

    def hold(self):
        self._reached.set()
        self._open.wait(timeout=60)


class Cut(Exception):
    """The connections of a request are to be broken off."""


@dataclasses.dataclass
class Rule:
    """What happens to a request or to its reply: at so many bytes of the body, if that is a number,
    or with all of it at hand. One without anything does nothing."""

    after_bytes: int | None = None
    gate: Gate | None = None

    def apply(self):
        if self.gate:
            self.gate.hold()
        if self.after_bytes is not None:
            raise Cut


NO_RULE = Rule()
IN_A_BODY = 150_000  # bytes
# Where a request may be disturbed.
PLACES = {
    "before": ("request", None),  # the server has seen it
    "in the request": ("request", IN_A_BODY),
    "in the reply": ("response", IN_A_BODY),
    "after": ("response", None),
}


class Proxy:
    def __init__(self, port):
        self.upstream_port = port
        self._rules = {}
        self._gates = []
        self._lock = threading.Lock()

    def __enter__(self):
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        for gate in self._gates:
            gate.open()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def amended(self, body):
        """What goes on to the server in place of a whole body."""
        return body

    # --- rules: each holds for the next request of that method, or so many later ---

    def hold_request(self, method):
        """The server does not hear of the request before the gate opens."""
        return self.hold(method, "before")

    def cut_request(self, method, after_bytes=0):
        self._add(method, "request", Rule(after_bytes))

    def cut_response(self, method, after_bytes=0):
        self._add(method, "response", Rule(after_bytes))

    def hold(self, method, place, later=0):
        """At one of PLACES; in the middle of a body the connections are cut when the gate opens."""
        side, after_bytes = PLACES[place]
        gate = Gate()
        self._gates.append(gate)
        self._add(method, side, Rule(after_bytes, gate), later)
        return gate

    def cut(self, method, place, later=0):
        side, after_bytes = PLACES[place]
        self._add(method, side, Rule(after_bytes or 0), later)

    def _add(self, method, side, rule, later=0):
        self._rules[method] = (later, {side: rule})

    def take_rules(self, method):
        """Those of the request and of the response."""
        with self._lock:
            later, rules = self._rules.pop(method, (0, {}))
            if later > 0:
                self._rules[method] = (later - 1, rules)
                rules = {}
        return rules.get("request", NO_RULE), rules.get("response", NO_RULE)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        path = self.path.split("?")[0]
        request, response = self.owner.take_rules(path.rstrip("/").rsplit("/", 1)[-1])
        try:
            body = self._read_body(request.after_bytes)
            with self._upstream(small=response.after_bytes is not None) as upstream:
                if request.after_bytes:
                    self._forward_part(upstream, body)
                request.apply()
                body = self.owner.amended(body)
                upstream.request(self.command, self.path, body or None, self._headers())
                reply = upstream.getresponse()
                content = reply.read(response.after_bytes)
                if not response.after_bytes:
                    response.apply()
                self._reply(reply, content, is_whole=response.after_bytes is None)
                response.apply()
        except (Cut, OSError, http.client.HTTPException):
            self._break_off()

    do_GET = do_POST  # old clients begin a sync of media so

    def _read_body(self, most=None):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length", 0))
            return self.rfile.read(length if most is None else min(length, most))
        body = b""
        while most is None or len(body) < most:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                break
        return body[:most]

    def _headers(self):
        dropped = ("host", "transfer-encoding", "content-length", "connection")
        return {k: v for k, v in self.headers.items() if k.lower() not in dropped}

    @contextlib.contextmanager
    def _upstream(self, small):
        """A small one takes little more of a reply than is read: the server is not done with it."""
        address = ("127.0.0.1", self.owner.upstream_port)
        upstream = http.client.HTTPConnection(*address)
        try:
            upstream.sock = socket.socket()
            upstream.sock.settimeout(60)
            if small:
                upstream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            upstream.sock.connect(address)
            yield upstream
        finally:
            upstream.close()

    def _forward_part(self, upstream, part):
        """What a server sees of a connection that breaks in the middle of a request."""
        upstream.putrequest("POST", self.path)
        for name, value in self._headers().items():
            upstream.putheader(name, value)
        upstream.putheader("Transfer-Encoding", "chunked")
        upstream.endheaders()
        upstream.send(b"%x\r\n%s\r\n" % (len(part), part))

    def _reply(self, reply, content, is_whole):
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + (0 if is_whole else 1)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _break_off(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
