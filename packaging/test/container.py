"""The container without Docker: what the Dockerfile makes, run as a container runs it, with a process
1 and a network of its own, and with the variables and capabilities of compose.yaml."""

import os
import re
import shutil
import signal
import subprocess
import sys

import yaml
from debian import hash_by_the_comments
from device import Device
from dockerfile import Build
from household import all_rows, fill
from roots import REPOSITORY, child_of, until
from venvs import NEWEST

FOLDER = REPOSITORY / "packaging" / "container"
# Those of the official image.
VOLUME = "/anki_data"
PORT = 8080
OWNER = 1000

BACKUPS = "/anki_backup"

# In a network of its own even the loopback device is down.
WITH_LOOPBACK = [
    *("unshare", "--net", "--pid", "--fork", "--kill-child", sys.executable, "-c"),
    """
import fcntl, os, socket, struct, sys
set_flags, up = 0x8914, 1
fcntl.ioctl(socket.socket(), set_flags, struct.pack("16sh14x", b"lo", up))
os.execvp(sys.argv[1], sys.argv[1:])
""",
]


def compose_service(text, **variables):
    """What compose makes of compose.yaml."""
    said = subprocess.run(
        ["docker-compose", f"--project-directory={FOLDER}", "--file=-", "config"],
        input=text,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    (service,) = yaml.safe_load(said.stdout)["services"].values()
    service["environment"] = {
        name: str(value).replace("$$", "$") for name, value in service["environment"].items()
    }
    return service


def confined(build, service, *words, **variables):
    """What becomes that command in the image, with the rights and variables of the service."""
    environment = {**service["environment"], **variables}
    assert service["cap_drop"] == ["ALL"], service
    assert service["security_opt"] == ["no-new-privileges:true"], service
    capabilities = ",".join(f"+{name.lower()}" for name in service["cap_add"])
    return build.command(
        *("setpriv", "--no-new-privs", f"--bounding-set=-all,{capabilities}", "env"),
        *(f"{name}={value}" for name, value in environment.items()),
        *words,
    )


class Container:
    """A process that runs in the image."""

    def __init__(self, build, service, **variables):
        self.build = build
        self.volume = build.root.path(VOLUME)
        with open(build.root.log_path, "w") as log:
            self.process = subprocess.Popen(
                [*WITH_LOOPBACK, *confined(build, service, *build.entrypoint, **variables)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def is_healthy(self):
        assert self.process.poll() is None, self.build.root.log_path.read_text()
        first = child_of(self.process)
        network = ["nsenter", f"--target={first}", "--net"] if first else []
        health = self.build.command(*self.build.health)
        return subprocess.run([*network, *health], stderr=subprocess.DEVNULL).returncode == 0

    def owners(self):
        files = [self.volume, *self.volume.rglob("*")]
        return {(path.lstat().st_uid, path.lstat().st_gid) for path in files}

    def user(self):
        with open(f"/proc/{child_of(self.process)}/status") as status:
            lines = dict(line.rstrip("\n").split(":\t", 1) for line in status)
        assert int(lines["CapEff"], 16) == 0, lines
        return int(lines["Uid"].split("\t")[0]), int(lines["Gid"].split("\t")[0])

    def stop(self):
        os.kill(int(child_of(self.process)), signal.SIGTERM)
        assert self.process.wait(timeout=20) == 0


def test(roots, pool):
    build = Build(FOLDER / "Dockerfile", roots)
    assert (build.volume, build.port) == (VOLUME, PORT)
    text = (FOLDER / "compose.yaml").read_text()
    service = compose_service(text, SYNC_USER1="alice:secret")
    assert service["volumes"] == [f"anki_data:{VOLUME}:rw", f"anki_backup:{BACKUPS}:rw"], service
    assert service["ports"] == [{"published": PORT, "target": PORT}], service
    assert subprocess.run(
        [*WITH_LOOPBACK, *build.command(*build.health)], stderr=subprocess.DEVNULL
    ).returncode != 0

    # A volume that another user filled.
    account = build.root.path(VOLUME) / "alice"
    account.mkdir(mode=0o700)
    (account / "media").write_text("")
    (account / "link").symlink_to("/etc/passwd")
    for path in (account, account / "media", account.parent):
        os.chown(path, 1234, 1234)
    os.chmod(account / "media", 0o600)

    # Its own port and folder are fixed, as in the official image.
    container = Container(build, service, SYNC_PORT="1", SYNC_BASE="/nowhere")
    until("the container is healthy", container.is_healthy)
    assert container.user() == (OWNER, OWNER)
    container.stop()

    hashed = compose_service(with_hashed_password(text))
    container = Container(build, hashed, PUID="1050", PGID="1051")
    until("the container is healthy", container.is_healthy)
    assert container.user() == (1050, 1051)
    assert container.owners() == {(1050, 1051)}, container.owners()
    assert build.root.path("/etc/passwd").stat().st_uid == 0
    container.stop()

    test_backup(build, service, pool)


def test_backup(build, service, pool):
    """As the README says it to Docker, with volumes that Docker has just made."""
    readme = (REPOSITORY / "README.md").read_text()
    (back_up,) = re.findall(r"docker exec ankiwire (.*) >/dev/null\n", readme)
    (restore,) = re.findall(r"docker run --rm --volumes-from ankiwire ankiwire (.*)\n", readme)
    assert (service["container_name"], service["image"]) == ("ankiwire", "ankiwire"), service
    volume, backups = build.root.path(VOLUME), build.root.path(BACKUPS)
    backups.mkdir()
    shutil.rmtree(volume / "alice")
    device = Device(pool, NEWEST, volume / "alice" / "collection.anki2")
    fill(device)
    device.switch_off()
    before = all_rows(device.path)

    container = Container(build, service)
    until("the container is healthy", container.is_healthy)
    subprocess.run(confined(build, service, *back_up.split()), check=True)
    container.stop()
    (backup,) = backups.glob("2*")
    assert "alice:secret" in (backup / "users.env").read_text()

    device.path.parent.rename(backups / "moved away")
    subprocess.run(confined(build, service, *build.entrypoint, *restore.split()), check=True)
    after = all_rows(device.path)
    del before["col"], after["col"]  # which has the usn
    assert after == before
    assert container.owners() == {(OWNER, OWNER)}, container.owners()


def with_hashed_password(text):
    """compose.yaml with its comment on hashed passwords followed."""
    settings = (REPOSITORY / "packaging" / "ankiwire.env").read_text()
    phc = hash_by_the_comments(settings, "secret").replace("$", "$$")
    plain = "      SYNC_USER1: ${SYNC_USER1:?set it to name:password}\n"
    assert plain in text
    text = text.replace(plain, "").replace("# PASSWORDS_HASHED", "PASSWORDS_HASHED")
    example = "# SYNC_USER1: alice:$$pbkdf2-sha256$$i=600000,l=32$$SALT$$HASH"
    assert example in text
    return text.replace(example, f"SYNC_USER1: alice:{phc}")
