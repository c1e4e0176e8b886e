"""What a random session sends: calls of protocol 11, and the same as forms of protocol 8 to 10."""

import dataclasses
import gzip
import json

MEDIA_METHODS = ("begin", "mediaChanges", "uploadChanges", "downloadFiles", "mediaSanity")
USN_COLUMNS = {"revlog": 2, "cards": 5, "notes": 4}


@dataclasses.dataclass(frozen=True)
class MediaUsn:
    """A usn of media, counted from where the log stands when the session begins."""

    distance: int


@dataclasses.dataclass
class Form:
    """A multipart form. `parts` are names and values in their order; the value of `data` is None: it
    is what the call has to say."""

    parts: list
    boundary: str
    packed: bool  # by gzip
    named_boundary: str = ""  # in Content-Type, if that has another one
    data_tail: bytes = b""  # behind what is packed
    data_cut: int = 0  # bytes that are missing at its end
    cut: int = 0  # those missing at the end of all
    head_tail: str = '; filename="data"'

    def content_type(self):
        return f"multipart/form-data; boundary={self.named_boundary or self.boundary}"

    def body(self, data):
        if self.packed:
            data = gzip.compress(data, mtime=0)
        data = data[:len(data) - self.data_cut] + self.data_tail
        pieces = []
        for name, value in self.parts:
            tail = self.head_tail if value is None else ""
            pieces += (f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"{tail}'
                       "\r\n\r\n".encode(), data if value is None else value.encode(), b"\r\n")
        body = b"".join((*pieces, f"--{self.boundary}--\r\n".encode()))
        return body[:len(body) - self.cut]


@dataclasses.dataclass
class Call:
    method: str
    value: object  # what becomes JSON; bytes are sent as they are
    key: str = ""  # of the session
    form: Form | None = None
    host_key: str | None = None  # None: the right one
    query: str | None = None  # of a GET in place of a form
    broken: str = ""  # how bytes that are sent differ from good ones

    @property
    def path(self):
        return f"/{'msync' if self.method in MEDIA_METHODS else 'sync'}/{self.method}"

    def data(self, usn, media_usn):
        if isinstance(self.value, bytes):
            return self.value
        return text_of(with_usns(self.value, usn, media_usn)).encode()

    def send(self, client, data):
        """The reply to `data`, which is what `data` has given."""
        if self.query is not None:
            return client.send(f"{self.path}?{self.query}", verb="GET", chunked=False)
        if self.form:
            headers = {"Content-Type": self.form.content_type()}
            return client.send(self.path, self.form.body(data), headers, chunked=False)
        client.session = self.key
        header = {} if self.host_key is None else {"k": self.host_key}
        return client.call(self.method, raw=data, base=self.path.split("/")[1], **header)

    def __str__(self):
        shown = f"{self.key}:{self.method}{self.broken and f' broken by {self.broken},'}"
        if self.query is not None:
            return f"{shown} by GET {self.query}"
        return f"{shown} by {self.form}" if self.form else shown


def with_usns(value, usn, media_usn):
    """As the client of a sync stamps all that it sends."""
    if isinstance(value, MediaUsn):
        return media_usn + value.distance
    if isinstance(value, list):
        return [with_usns(item, usn, media_usn) for item in value]
    if not isinstance(value, dict):
        return value
    stamped = {name: with_usns(item, usn, media_usn) for name, item in value.items()}
    if isinstance(value.get("usn"), int):
        stamped["usn"] = usn
    for table, column in USN_COLUMNS.items():
        rows = stamped.get(table)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, list) and len(row) > column and isinstance(row[column], int):
                row[column] = usn
    return stamped


def text_of(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
