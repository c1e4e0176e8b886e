"""How clients of protocol 8 to 10 put their calls into forms, and how a form may be broken."""

from calls import MEDIA_METHODS, Call, Form

PYTHON_BOUNDARY = "Anki-sync-boundary"
RUST_BOUNDARY = "3d727b820f924ecf-aaf7e09017ffe5f8-abf9eb2c1c9ab5ad-0b1a4a8a3b8e8f11"
PYTHON_KEYS = ("5f3a9c01", "00000000")
RUST_KEYS = ("dHhSW.T}gn", "a\"&=%41+;c")
HEAD_TAILS = ('; filename="data"', "", ";filename=data", "; filename*=UTF-8''data",
              '; filename="a b.zip"\r\nContent-Type: application/octet-stream', '; filename="a;b"')
WILD_BROKEN = 0.2  # of the forms of a wild session
PACKED = (*"012", "", "true", "00", " 0")  # what `c` may say


class OldClient:
    """Of Python, as the desktop to 2.1.26 and AnkiDroid to 2.16, or of Rust, to 2.1.56."""

    def __init__(self, dice, host_key):
        self.dice = dice
        self.host_key = host_key
        self.is_rust = dice.chance(0.4)
        self.version = 10 if self.is_rust else dice.choice((8, 9, 10))
        self.keys = RUST_KEYS if self.is_rust else PYTHON_KEYS
        self.client = f"anki{'' if self.is_rust else 'desktop'},2.1.{self.version} (test),linux"

    def call(self, method, value, key, spoilt=0.0):
        if method == "begin" and self.is_rust:
            query = f"k={self.host_key}&v={self.client.replace(' ', '%20')}"
            if self.dice.chance(spoilt):
                query = self.dice.choice(("", query[2:], query.replace("v=", "w="), query + "&k=x",
                                          query + "&x=1", "k=&v=1", f"k={self.host_key}&v="))
            return Call(method, value, key, query=query)
        form = self.form(method, key)
        if self.dice.chance(spoilt):
            self.break_one(form)
        return Call(method, value, key, form)

    def form(self, method, key):
        is_media = method in MEDIA_METHODS
        packed = not is_media or (not self.is_rust and method != "uploadChanges")
        parts = [] if is_media and self.is_rust else [("c", "1" if packed else "0")]
        if is_media:
            parts += [("k", self.host_key), ("v", self.client)] if method == "begin" \
                else [("sk", self.host_key)]
        elif method != "hostKey":
            parts.append(("k", self.host_key))
            if self.is_rust or method not in ("upload", "download"):
                parts.append(("s", key))
        if self.is_rust:
            return Form([("data", None), *parts], RUST_BOUNDARY, packed)
        data = [] if method == "download" else [("data", None)]
        return Form(parts + data, PYTHON_BOUNDARY, packed)

    def break_one(self, form):
        """Something that no client does, which need not be wrong."""
        self.dice.choice((self.drop, self.add, self.shuffle, self.rename, self.change, self.cut,
                          self.change_packing, self.change_boundary, self.change_head,
                          self.change_data))(form)

    def drop(self, form):
        form.parts.pop(self.dice.randrange(len(form.parts)))

    def add(self, form):
        """None of them is `data`."""
        part = self.dice.choice((
            ("x", "1"), ("", ""), ("C", "0"), ("k", "wrong"), ("sk", self.host_key), ("s", "other"),
            ("v", "1"), ("c", "0"), ("k", self.host_key)))
        form.parts.insert(self.dice.randint(0, len(form.parts)), part)

    def shuffle(self, form):
        self.dice.shuffle(form.parts)

    def rename(self, form):
        at = self.dice.randrange(len(form.parts))
        name = self.dice.choice(("k", "sk", "s", "c", "v", "x", "DATA"))
        form.parts[at] = (name, form.parts[at][1])

    def change(self, form):
        at = self.dice.randrange(len(form.parts))
        if form.parts[at][1] is not None:
            form.parts[at] = (form.parts[at][0], self.dice.choice(
                ("", "x", "ünï", "a\r\nb", "\r\n", f"--{form.boundary}", "x" * 3000)))

    def cut(self, form):
        whole_end = len(form.boundary) + 6
        form.cut = self.dice.choice((1, 2, 3, 4, *(whole_end + more for more in (0, 1, 2, 40))))

    def change_packing(self, form):
        if self.dice.chance(0.5):
            form.packed = not form.packed
        else:
            form.parts = [(name, self.dice.choice(PACKED) if name == "c" else value)
                          for name, value in form.parts]

    def change_boundary(self, form):
        form.named_boundary = self.dice.choice((
            f'"{form.boundary}"', form.boundary[:-1], form.boundary + "x", "other", '""',
            f"{form.boundary}; charset=utf-8", form.boundary.upper()))

    def change_head(self, form):
        form.head_tail = self.dice.choice(HEAD_TAILS)

    def change_data(self, form):
        if self.dice.chance(0.5):
            form.data_cut = self.dice.choice((1, 8, 20))
        else:
            form.data_tail = self.dice.choice((
                b"\r\n", b"\0", b"{}", b"\r\n--", f"\r\n--{form.boundary}x".encode(),
                f"\r\n--{form.boundary[:-1]}".encode()))
