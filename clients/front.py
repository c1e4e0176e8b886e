"""Debian's nginx and Caddy as proxies in front of a server, with TLS, on free loopback ports."""

import getpass
import pathlib
import re
import shutil
import socket
import subprocess
import time

from server import START_SECONDS_MAX, environment, free_port
from venvs import REPOSITORY

EXAMPLES = {
    "nginx": REPOSITORY / "examples" / "nginx.conf",
    "caddy": REPOSITORY / "examples" / "Caddyfile",
}
# With nothing said that need not be.
BARE = {
    "nginx": """
        server {
            listen 443 ssl;
            ssl_certificate /etc/letsencrypt/live/sync.example.org/fullchain.pem;
            ssl_certificate_key /etc/letsencrypt/live/sync.example.org/privkey.pem;
            location / {
                proxy_pass http://127.0.0.1:8080;
            }
        }""",
    "caddy": """
        sync.example.org {
            reverse_proxy 127.0.0.1:8080
        }""",
}


class Authority:
    """Signs a certificate for a host; clients trust it if they are told to by SSL_CERT_FILE."""

    def __init__(self, folder, host="localhost"):
        self.certificate = folder / "authority.pem"
        self.localhost = folder / "localhost.pem"
        self.key = folder / "localhost.key"
        key = folder / "authority.key"
        self._openssl("/CN=test", "-out", self.certificate, "-keyout", key)
        self._openssl(
            f"/CN={host}", "-out", self.localhost, "-keyout", self.key,
            "-CA", self.certificate, "-CAkey", key,
            "-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=CA:FALSE",
        )  # fmt: skip

    @staticmethod
    def _openssl(subject, *arguments):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2"]
        subprocess.run([*command, "-subj", subject, *arguments], check=True, capture_output=True)


class Front:
    """`site` is a configuration as a user has it, for sync.example.org and a server at port 8080."""

    def __init__(self, kind, site, folder, authority, server_port):
        self.folder = folder
        self.port = free_port()
        folder.mkdir()
        prepare = self._prepare_nginx if kind == "nginx" else self._prepare_caddy
        with open(folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                prepare(site.replace("127.0.0.1:8080", f"127.0.0.1:{server_port}"), authority),
                env=environment(HOME=str(folder), XDG_DATA_HOME=str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=20)

    @property
    def address(self):
        return f"https://localhost:{self.port}/"

    def _prepare_nginx(self, site, authority):
        """nginx as Debian configures it, but for the places of its files."""
        site = site.replace("listen [::]:443 ssl;", "").replace("sync.example.org;", "localhost;")
        site = site.replace("listen 443", f"listen 127.0.0.1:{self.port}")
        site = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem", str(authority.localhost), site)
        site = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", str(authority.key), site)
        (self.folder / "site.conf").write_text(site)
        main = pathlib.Path("/etc/nginx/nginx.conf").read_text()
        main = main.replace("user www-data;", f"user {getpass.getuser()};")
        main = main.replace("/run/nginx.pid", str(self.folder / "pid"))
        main = main.replace("/var/log/nginx/", f"{self.folder}/")
        main = re.sub(r"include /etc/nginx/(modules-enabled|conf.d)/.*", "", main)
        main = main.replace("/etc/nginx/sites-enabled/*", str(self.folder / "site.conf"))
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            main = main.replace("http {", f"http {{ {name}_temp_path {self.folder}/{name};")
        (self.folder / "nginx.conf").write_text(main)
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        assert program, "nginx is missing: ci/install --tests"
        return [program, "-c", self.folder / "nginx.conf", "-e", "stderr", "-g", "daemon off;"]

    def _prepare_caddy(self, site, authority):
        options = (
            "{\nadmin off\nauto_https disable_redirects\ndefault_bind 127.0.0.1\n"
            "grace_period 100ms\n}\n"  # how long it waits for open connections when it stops
        )
        site = site.replace(
            "sync.example.org {",
            f"localhost:{self.port} {{\ntls {authority.localhost} {authority.key}",
        )
        (self.folder / "Caddyfile").write_text(options + site)
        program = shutil.which("caddy")
        assert program, "caddy is missing: ci/install --tests"
        return [program, "run", "--config", self.folder / "Caddyfile", "--adapter", "caddyfile"]

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                time.sleep(0.01)  # a process of its own: there is nothing to wait on but its answer
        raise AssertionError(f"the proxy did not start:\n{(self.folder / 'log').read_text()}")
