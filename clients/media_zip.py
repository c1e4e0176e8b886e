"""The zips of media sync, made and read by Python's own library; good and bad ones."""

import io
import json
import zipfile


def upload_zip(changes, compression=zipfile.ZIP_STORED, deletion=None, meta=None):
    """`changes`: [(name, content)], content None for a deletion. The number of an entry is its place in
    the whole list, so that deletions leave gaps."""
    file = io.BytesIO()
    listed = []
    with zipfile.ZipFile(file, "w", compression) as archive:
        for number, (name, content) in enumerate(changes):
            if content is None:
                listed.append([name, deletion])
            else:
                archive.writestr(str(number), content)
                listed.append([name, str(number)])
        archive.writestr("_meta", meta if meta is not None else json.dumps(listed))
    return file.getvalue()


def read_download_zip(data):
    """[(name, content)] in the order of the entries."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        *entries, meta = archive.namelist()
        assert meta == "_meta"
        names = json.loads(archive.read("_meta"))
        assert entries == [str(i) for i in range(len(entries))]
        assert names.keys() == set(entries)
        return [(names[entry], archive.read(entry)) for entry in entries]


def send_media(raw, changes):
    """As upload_zip; in as many zips as it takes."""
    changes = list(changes)
    for first in range(0, len(changes), 25):
        batch = changes[first : first + 25]
        processed, _ = raw.media("uploadChanges", raw=upload_zip(batch))
        assert processed == len(batch)
