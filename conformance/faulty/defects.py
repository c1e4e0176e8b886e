"""What servers that nobody could use any more did wrong, one defect each. Beside each there is a
list of the cases that it must fail, NAME.cases."""

import io
import json
import pathlib
import secrets
import zipfile

from faulty_proxy import Reply, Request, refusal

FOLDER = pathlib.Path(__file__).resolve().parent


class Defect:
    """None: a proxy without any."""

    methods = frozenset()  # what it looks at; None for all

    @property
    def name(self):
        return type(self).__name__.lower().replace("_", "-")

    def on_request(self, request):
        return request

    def on_reply(self, request, reply):
        return reply

    @property
    def list_path(self):
        return FOLDER / f"{self.name}.cases"

    def expected(self):
        lines = self.list_path.read_text().splitlines()
        return {line for line in lines if line and not line.startswith("#")}


class OfJson(Defect):
    """Changes what successful calls answer."""

    def on_reply(self, request, reply):
        if reply.status != 200:
            return reply
        value = json.loads(reply.plain)
        changed = self.change(value)
        return reply if changed is value else reply.with_json(changed)

    def change(self, value):
        raise NotImplementedError


class Nothing(Defect):
    """The proxy itself does no harm, even if it reads and writes everything."""

    methods = None


class Meta_Without_Media_Usn(OfJson):
    """Servers from before 23.10."""

    methods = {"meta"}

    def change(self, value):
        return {name: member for name, member in value.items() if name != "media_usn"}


class Full_Is_Unknown(Defect):
    """sanityCheck2 of 2.1.28 to 2.1.40 has a member `full`."""

    methods = {"sanityCheck2"}

    def on_request(self, request):
        arguments = request.json
        unknown = isinstance(arguments, dict) and "full" in arguments
        return refusal(400, "400: full") if unknown else request


class Either_Additions_Or_Deletions(Defect):
    """Three servers failed on a zip that both adds and deletes."""

    methods = {"uploadChanges"}

    def on_request(self, request):
        kinds = {bool(entry) for _, entry in request.media_changes}
        return refusal(500, "500") if len(kinds) == 2 else request


class Deleted_Media_Are_Null(OfJson):
    methods = {"mediaChanges"}

    def change(self, value):
        return {**value, "data": [[name, usn, sha1 or None] for name, usn, sha1 in value["data"]]}


class No_Length_No_Body(Defect):
    """WSGI servers: a body that comes in HTTP chunks is none."""

    methods = None

    def on_request(self, request):
        if "transfer-encoding" not in request.headers:
            return request
        lines = [line for line in request.head.split(b"\r\n")
                 if not line.lower().startswith(b"transfer-encoding")]
        lines.insert(1, b"Content-Length: 0")
        return Request(b"\r\n".join(lines), request.path, request.headers)


class Void_Is_Empty(Defect):
    methods = {"applyGraves", "abort"}

    def on_reply(self, request, reply):
        return reply.with_plain(b"") if reply.status == 200 else reply


class Media_Sanity_Says_Failed(OfJson):
    methods = {"mediaSanity"}

    def change(self, value):
        return {**value, "data": "FAILED"} if value["data"] != "OK" else value


class Media_Changes_Newest_First(OfJson):
    methods = {"mediaChanges"}

    def change(self, value):
        return {**value, "data": value["data"][::-1]}


class Media_Usn_Is_Text(OfJson):
    methods = {"mediaChanges"}

    def change(self, value):
        return {**value, "data": [[name, str(usn), sha1] for name, usn, sha1 in value["data"]]}


class No_Original_Size(Defect):
    """A reply without content lacks it."""

    methods = {"abort"}

    def on_reply(self, request, reply):
        others = [(n, v) for n, v in reply.headers if n.lower() != "anki-original-size"]
        return Reply(reply.status, others, reply.body)


class Doubled_Slash_Is_404(Defect):
    methods = None

    def on_request(self, request):
        return refusal(404, "404") if "//" in request.path.split("?")[0] else request


class Upload_Says_Ok_In_Json(Defect):
    methods = {"upload"}

    def on_reply(self, request, reply):
        return reply.with_plain(b'"OK"') if reply.status == 200 and reply.plain == b"OK" else reply


class Version_Is_400(Defect):
    """Old clients are told to check their database, not to wait for a newer server."""

    methods = {"meta"}

    def on_reply(self, request, reply):
        return refusal(400, "400") if reply.status == 501 else reply


class Abort_Needs_A_Sync(Defect):
    """409 after a sync is over; AnkiWeb once did so, too."""

    methods = {"start", "finish", "abort"}

    def __init__(self):
        self.running = set()

    def on_reply(self, request, reply):
        session = json.loads(request.headers.get("anki-sync", "{}")).get("s")
        if request.method == "start" and reply.status == 200:
            self.running = {session}
        elif session in self.running:
            self.running = set()
        elif request.method == "abort" and reply.status == 200:
            return refusal(409, "409")
        return reply


class Meta_Without_Host_Num(OfJson):
    """Clients up to 2.1.56 cannot read it."""

    methods = {"meta"}

    def change(self, value):
        return {name: member for name, member in value.items() if name != "hostNum"}


class Own_Graves_Come_Back(Defect):
    """`start` answers the deletions that came with it as well."""

    methods = {"start"}

    def on_reply(self, request, reply):
        own = (request.json or {}).get("graves")
        if reply.status != 200 or not own:
            return reply
        value = json.loads(reply.plain)
        return reply.with_json({kind: ids + [int(one) for one in own.get(kind) or []]
                                for kind, ids in value.items()})


class No_Effect_Is_500(Defect):
    """A server that holds the media usn to have risen by the number of changes."""

    methods = {"uploadChanges"}

    def __init__(self):
        self.usns = {}  # by host key

    def on_reply(self, request, reply):
        if reply.status != 200:
            return reply
        count, usn = json.loads(reply.plain)["data"]
        key = json.loads(request.headers["anki-sync"])["k"]
        risen = usn - self.usns.get(key, usn - count)
        self.usns[key] = usn
        return reply if risen == count else refusal(500, "500")


class Missing_File_Is_An_Empty_Zip(Defect):
    """The client asks again, for ever."""

    methods = {"downloadFiles"}

    def on_reply(self, request, reply):
        if reply.status != 409:
            return reply
        nothing = io.BytesIO()
        with zipfile.ZipFile(nothing, "w") as archive:
            archive.writestr("_meta", "{}")
        return Reply(200, [("anki-original-size", "")], b"").with_plain(nothing.getvalue())


class Downloaded_Names_Are_A_List(Defect):
    """As those of uploads are; AnkiDroid cannot read it."""

    methods = {"downloadFiles"}

    def on_reply(self, request, reply):
        if reply.status != 200:
            return reply
        changed = io.BytesIO()
        with (zipfile.ZipFile(io.BytesIO(reply.plain)) as archive,
              zipfile.ZipFile(changed, "w") as other):
            for entry in archive.namelist():
                content = archive.read(entry)
                if entry == "_meta":
                    names = json.loads(content)
                    content = json.dumps([[name, number] for number, name in names.items()])
                other.writestr(entry, content)
        return reply.with_plain(changed.getvalue())


class Each_Login_Has_Another_Key(OfJson):
    """No defect: a host key is any text, and says nothing of the next login's."""

    methods = None

    def __init__(self):
        self.real = {}  # by the key that was given

    def on_request(self, request):
        for given, real in self.real.items():
            if given in request.head + request.framed:
                request.key = given
                request.head = request.head.replace(given, real)
                request.framed = request.framed.replace(given, real)
        return request

    def on_reply(self, request, reply):
        if request.method == "begin" and reply.status == 200:
            return reply.with_plain(reply.plain.replace(self.real[request.key], request.key))
        return super().on_reply(request, reply) if request.method == "hostKey" else reply

    def change(self, value):
        given = secrets.token_hex(len(value["key"]) // 2)  # so that no length changes
        self.real[given.encode()] = value["key"].encode()
        return {**value, "key": given}


ALL = [defect() for defect in (
    Nothing, Meta_Without_Media_Usn, Full_Is_Unknown, Either_Additions_Or_Deletions,
    Deleted_Media_Are_Null, No_Length_No_Body, Void_Is_Empty, Media_Sanity_Says_Failed,
    Media_Changes_Newest_First, Media_Usn_Is_Text, No_Original_Size, Doubled_Slash_Is_404,
    Upload_Says_Ok_In_Json, Version_Is_400, Abort_Needs_A_Sync, Meta_Without_Host_Num,
    Own_Graves_Come_Back, No_Effect_Is_500, Missing_File_Is_An_Empty_Zip,
    Downloaded_Names_Are_A_List, Each_Login_Has_Another_Key)]
