"""A loopback HTTP proxy that disturbs a named method once: holds it, or cuts the connection."""

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
    """The connection to the client is to be broken off."""


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

    # --- rules: each holds for the next request of that method ---

    def hold_request(self, method):
        """The server does not hear of the request before the gate opens."""
        return self._add_gate(method, "request")

    def hold_response(self, method):
        """The server has done its work; the client gets the reply when the gate opens."""
        return self._add_gate(method, "response")

    def cut_request(self, method, after_bytes=0):
        self._rules[method] = ("cut_request", after_bytes)

    def cut_response(self, method, after_bytes=0):
        self._rules[method] = ("cut_response", after_bytes)

    def hold(self, method, side):
        """`before` or `after` the server has seen the request."""
        return self.hold_request(method) if side == "before" else self.hold_response(method)

    def cut(self, method, side):
        (self.cut_request if side == "before" else self.cut_response)(method)

    def _add_gate(self, method, side):
        gate = Gate()
        self._gates.append(gate)
        self._rules[method] = (f"hold_{side}", gate)
        return gate

    def take_rule(self, method):
        with self._lock:
            return self._rules.pop(method, (None, None))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self._read_body()
        rule, argument = self.owner.take_rule(self.path.rstrip("/").rsplit("/", 1)[-1])
        try:
            if rule == "hold_request":
                argument.hold()
            if rule == "cut_request":
                self._forward_part(body[:argument])
                raise Cut
            reply, content = self._forward(body)
            if rule == "hold_response":
                argument.hold()
            self._reply(reply, content, argument if rule == "cut_response" else None)
        except (Cut, OSError, http.client.HTTPException):
            self._break_off()

    def _read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _headers(self):
        dropped = ("host", "transfer-encoding", "content-length", "connection")
        return {k: v for k, v in self.headers.items() if k.lower() not in dropped}

    def _forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.owner.upstream_port, timeout=60)
        try:
            upstream.request("POST", self.path, body=body, headers=self._headers())
            reply = upstream.getresponse()
            return reply, reply.read()
        finally:
            upstream.close()

    def _forward_part(self, part):
        """What a server sees of a connection that breaks in the middle of a request."""
        if not part:
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self.owner.upstream_port, timeout=60)
        upstream.putrequest("POST", self.path)
        for name, value in self._headers().items():
            upstream.putheader(name, value)
        upstream.putheader("Transfer-Encoding", "chunked")
        upstream.endheaders()
        upstream.send(b"%x\r\n%s\r\n" % (len(part), part))
        upstream.close()

    def _reply(self, reply, content, cut_after):
        if cut_after == 0:
            raise Cut
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:cut_after])
        if cut_after is not None:
            self.wfile.flush()
            raise Cut

    def _break_off(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
