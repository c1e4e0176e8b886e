"""ankiwire-conformance: where it is, and its proxies while they run."""

import pathlib
import re
import subprocess

from server import DEFAULT_BINARY, ankiwire_binary


def conformance_program():
    """Of the same build as the server, if that one has it."""
    beside = [pathlib.Path(path).parent.parent for path in (ankiwire_binary(), DEFAULT_BINARY)]
    found = [folder / "conformance" / "ankiwire-conformance" for folder in beside]
    return next(path for path in found if path.exists())


class ProxyCommand:
    """`record` or `shadow`, which clients reach at `endpoint`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [conformance_program(), *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )
        self.endpoint = re.search(r"http://\S+", self.process.stdout.readline())[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def stop(self):
        """Returns what it has said."""
        self.process.terminate()
        said = self.process.communicate(timeout=60)[0]
        assert self.process.returncode == 0, said
        return said
