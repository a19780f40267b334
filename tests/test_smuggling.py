"""What two servers could read differently: the bytes of an attacker, at the web process itself and
through the documented nginx. Whoever asks afterwards must get the answer to his own request.

nginx is asked where it is installed; `tests/install-tools` installs it where it can.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.certificates import Authority
from embedded.servers.child import Child
from embedded.servers.ports import free_port
from tests.waiting import eventually
from tests.web_process import ROOT, WebProcess, web, web_process

__all__ = ["web", "web_process"]  # fixtures
pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PATIENCE = 60.0  # seconds
QUIET = 0.2  # seconds without another byte, after which nothing more is said
AFTER = (
    6  # ordinary requests after each attack: an answer that is left over is given to one of them
)

HIDDEN = b"GET /smuggled/ HTTP/1.1\r\nHost: localhost\r\nX-A: "
HEAD = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n"
CHUNK = b"0\r\n\r\n" + HIDDEN
LENGTH = b"Content-Length: %d\r\n" % len(CHUNK)
ATTACKS = {
    "a length and chunks": HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK,
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNK,
    **{
        f"{kind!r} and a length": HEAD + LENGTH + kind + b"\r\n\r\n" + CHUNK
        for kind in (
            b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked",
            b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked, identity",
            b"Transfer-Encoding: identity, chunked", b"X: y\nTransfer-Encoding: chunked",
            b"Transfer-Encoding:\r\n chunked", b"transfer-encoding: \"chunked\"",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", b"Transfer_Encoding: chunked",
        )
    },
    **{
        f"a length of {length!r}": HEAD + b"Content-Length: " + length + b"\r\n\r\n" + CHUNK
        for length in (
            b"+5", b"5, 5", b"0x5", b"5\r\nContent-Length: 0", b"-1", b"5 5", b"\xb2", b"",
        )
    },
    **{
        f"a chunk of {size!r}": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size + CHUNK[1:]
        for size in (b"0x0", b"+0", b"-0", b"0_0", b" 0", b"0;\n")
    },
    "a name with a space": HEAD + b"Content-Length : 5\r\n\r\n" + CHUNK,
    "a body of GET": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + LENGTH + b"\r\n" + CHUNK,
    "an upgrade": HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + LENGTH + b"\r\n" + CHUNK,
}  # fmt: skip


def nginx_of(folder: Path, backend: int) -> Child:
    """The documented one, with other names, ports and paths."""
    certificate = Authority(folder).sign_server(["localhost", "127.0.0.1"])
    key = certificate.with_suffix(".key")
    port, plain = free_port(), free_port()
    text = (ROOT / "deploy/nginx.conf").read_text()
    text = re.sub(r"listen \[::\]:\d+( ssl)?;", "", text)
    for was, now in {
        "127.0.0.1:8000": f"127.0.0.1:{backend}", "127.0.0.1:8001": f"127.0.0.1:{backend}",
        "pulse.example.org;": "localhost;", "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain}", "/var/log/nginx": str(folder),
        "/etc/ssl/pulse.example.org.pem": str(certificate),
        "/etc/ssl/pulse.example.org.key": str(key),
    }.items():  # fmt: skip
        assert was in text, was
        text = text.replace(was, now)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Two workers of one process each would each keep connections of their own to the web process.
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ {paths}\n{text}\n}}\n"
    )
    made = Child(
        f"nginx-{port}",
        lambda: [NGINX or "", "-p", str(folder), "-c", str(folder / "nginx.conf")],
        folder / "nginx.log",
        folder=folder,
    )
    made.port = port  # type: ignore[attr-defined]
    return made


@pytest.fixture(params=["web process", *(["nginx"] if NGINX else [])])
def front(request: pytest.FixtureRequest, web: WebProcess, tmp_path: Path) -> Iterator[tuple]:
    """The port that is asked, and whether by TLS."""
    if request.param == "web process":
        yield web.port, False
        return
    tmp_path.chmod(0o755)
    nginx = nginx_of(tmp_path, web.port)
    nginx.spawn()
    try:
        port = nginx.port  # type: ignore[attr-defined]
        eventually(lambda: _listens(port), PATIENCE, what=lambda: f"nginx listens: {nginx.tail()}")
        yield port, True
    finally:
        nginx.stop()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def said(front: tuple[int, bool], sent: bytes, *, whole: bool = False) -> bytes:
    """All that comes back on one connection; `whole`: until it is closed."""
    port, by_tls = front
    raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    if by_tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = context.wrap_socket(raw)
    answer = b""
    with raw:
        raw.sendall(sent)
        try:
            while piece := raw.recv(65_536):
                answer += piece
                if not whole:
                    raw.settimeout(QUIET)
        except (TimeoutError, ConnectionError):
            assert not whole, answer
    return answer


def test_nobody_gets_the_answer_to_what_another_smuggled_in(front: tuple[int, bool]) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert b'"alive"' in said(front, asked, whole=True)
    for name, attack in ATTACKS.items():
        answer = said(front, attack)
        statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
        # Of one request whose end is plain, or of one that is refused, there is one answer; what
        # follows a plain end is the next request, which was never completed.
        assert len(statuses) <= 1, (name, answer)
        assert b"500" not in statuses, (name, answer)
        for _ in range(AFTER):
            after = said(front, asked, whole=True)
            assert after.startswith(b"HTTP/1.1 200 "), (name, after)
            assert b'"alive"' in after, (name, after)
