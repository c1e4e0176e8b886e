"""Follows a Dockerfile in clean roots, without Docker."""

import contextlib
import glob
import json
import os
import pathlib
import shlex
import shutil
import subprocess

from roots import REPOSITORY

IMAGE = "debian:12-slim"  # which a clean root stands for
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def instructions(text):
    """(NAME, rest) of each; a line that ends with a backslash goes on in the next one."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def split_options(text):
    """Leading --name=value words, as a dictionary, and the rest."""
    found = {}
    while text.startswith("--"):
        option, _, text = text.partition(" ")
        name, _, value = option[2:].partition("=")
        found[name] = value
        text = text.lstrip()
    return found, text


class Build:
    """The last stage is what remains. Knows the forms that ours uses, and fails at any other."""

    def __init__(self, path, roots):
        self.roots = list(roots)
        self.stages = {}
        self.ignored = pathlib.Path(f"{path}.dockerignore").read_text().split()
        for name, rest in instructions(path.read_text()):
            step = getattr(self, f"do_{name}", None)
            assert step, f"{path.name}: {name} is not known here"
            step(rest)

    def command(self, *words):
        """What becomes that command in the root, with the variables of the image."""
        return self.root.command("env", f"--chdir={self.folder}", *self.variables, *words)

    def do_FROM(self, rest):
        image, *name = rest.split()
        assert image == IMAGE, image
        self.root = self.roots.pop(0)
        self.variables = [f"PATH={PATH}"]
        self.folder = "/"
        if name:
            assert name[0] == "AS", rest
            self.stages[name[1]] = self.root

    def do_WORKDIR(self, rest):
        self.folder = rest
        self.root.path(rest).mkdir(parents=True, exist_ok=True)

    def do_ENV(self, rest):
        self.variables += shlex.split(rest)

    def do_RUN(self, rest):
        options, command = split_options(rest)
        with self._cache(options.pop("mount", None)):
            assert not options, rest
            subprocess.run(self.command("/bin/sh", "-c", command), check=True)

    @contextlib.contextmanager
    def _cache(self, mount):
        """The compiler cache of this machine stands for that of the builder."""
        if mount is None:
            yield
            return
        target = mount.removeprefix("type=cache,target=")
        assert target.endswith("/ccache"), mount
        cache = subprocess.check_output(["ccache", "--get-config=cache_dir"], text=True).strip()
        place = self.root.path(target)
        for folder in (cache, place):
            os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "--bind", cache, place], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)

    def do_COPY(self, rest):
        options, words = split_options(rest)
        *sources, target = words.split()
        assert target.endswith(("/", ".")), "COPY: only into folders"
        stage = options.pop("from", None)
        assert not options, rest
        origin = self.stages[stage].folder if stage else REPOSITORY
        target = self.root.path(os.path.join(self.folder, target))
        target.mkdir(parents=True, exist_ok=True)
        for source in sources:
            found = glob.glob(f"{origin}/{source.lstrip('/')}")
            assert found, f"COPY: there is no {source}"
            for path in found:
                if os.path.isdir(path):
                    shutil.copytree(path, target, True, self._ignored, dirs_exist_ok=True)
                else:
                    shutil.copy2(path, target)

    def _ignored(self, folder, _):
        """What is not in the context; .dockerignore may only name what is at its top."""
        return self.ignored if os.path.samefile(folder, REPOSITORY) else []

    def do_VOLUME(self, rest):
        self.volume = rest
        self.root.path(rest).mkdir()

    def do_EXPOSE(self, rest):
        self.port = int(rest)

    def do_ENTRYPOINT(self, rest):
        self.entrypoint = json.loads(rest)

    def do_HEALTHCHECK(self, rest):
        kind, _, command = split_options(rest)[1].partition(" ")
        assert kind == "CMD", rest
        self.health = json.loads(command)
