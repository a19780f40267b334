"""The one folder everything is kept in, and the lock that makes it ours."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devices import dynsec
from embedded.errors import EmbeddedError

# What other commands need to join a running stack.
SHARED = (
    *("DATABASE_URL", "REDIS_URL", "MQTT_URL", "PULSEBOARD_BROKER_CONTROL_URL"),
    *("PULSEBOARD_SECRET_KEY", "PULSEBOARD_DATA", "PULSEBOARD_SPOOL"),
)
# Neither a line of a configuration nor supervisord's XML can hold a control character, or a byte
# that is no text in this locale.
UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
HOLDER_SECONDS = 5.0  # for another start to write down who it is
MAX_SOCKET_PATH = 100  # bytes; the system's limit is 108 with the final zero, 104 on macOS


class DataFolder:
    """Paths, remembered ports and secrets of one installation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: os.stat_result | None = None
        if UNWRITABLE.search(str(path)):
            raise EmbeddedError(
                f"The data folder {str(path)!r} has a name that no configuration can hold.",
                "Choose one without line breaks and other control characters with --data DIR.",
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            # supervisord opens the files in it with the umask it was started with, whatever its
            # configuration says: that one is for a daemon.
            self.logs.chmod(0o700)
        except OSError as exc:
            raise EmbeddedError(
                f"The data folder {path} cannot be made: {exc.strerror}.",
                "Choose another with --data DIR or PULSEBOARD_DATA.",
            ) from exc

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def passwords_file(self) -> Path:
        """Of our own accounts at the broker we start."""
        return self.path / "broker-passwords.json"

    @property
    def history_mark(self) -> Path:
        """Where the simulator of this start notes until when it made history up."""
        return self.path / "history-until"

    @property
    def supervisor_conf(self) -> Path:
        return self.path / "supervisord.conf"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder. The kernel lets go of it whichever way this process ends."""
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise EmbeddedError(*self._holder()) from None
            self._held = os.fstat(file.fileno())
            self.forget_environment()
            self.write_state(pid=os.getpid(), since=_now(), url=None)
            try:
                yield
            finally:
                self._held = None
                with suppress(OSError):  # the folder was removed, or its disk is full
                    self.forget_environment()
                    self.write_state(pid=None, since=None, url=None, processes=[])

    def check_held(self) -> None:
        """Raises `EmbeddedError` when the folder we hold is no longer where it was."""
        try:
            there = (self.path / "lock").stat()
        except OSError:
            there = None
        if self._held is not None and (there is None or not os.path.samestat(there, self._held)):
            raise EmbeddedError(
                f"The data folder {self.path} was removed or replaced while it was in use.",
                "What was in it and not in the database is gone. Put it back, or start anew.",
            )

    def _holder(self) -> tuple[str, str]:
        deadline = time.monotonic() + HOLDER_SECONDS
        while not (state := self.state()).get("pid") and time.monotonic() < deadline:
            time.sleep(0.02)
        where = f" at {state['url']}" if state.get("url") else " (still starting)"
        pid, since = state.get("pid"), state.get("since")
        problem = f"Pulseboard already runs from {self.path}{where}, since {since}, process {pid}."
        remedy = f"End it with `kill {pid}`, or start a second one with --data OTHER_DIR."
        return problem, remedy

    def state(self) -> dict[str, Any]:
        """What the last start wrote down: ports, and while it runs pid, since, url, processes."""
        try:
            found = json.loads((self.path / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_state(self, **changes: Any) -> None:
        """Change some entries, whole or not at all."""
        fresh = self.path / "state.json.new"
        fresh.write_text(json.dumps({**self.state(), **changes}, indent=1) + "\n")
        fresh.replace(self.path / "state.json")

    def remembered_port(self, key: str) -> int | None:
        port = self.state().get("ports", {}).get(key)
        return port if isinstance(port, int) else None

    def remember_ports(self, ports: dict[str, int]) -> None:
        self.write_state(ports={**self.state().get("ports", {}), **ports})

    def secret_key(self) -> str:
        """The key that signs sessions, made once."""
        path = self.path / "secret-key"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(50))
        return path.read_text().strip()

    def broker_passwords(self) -> dict[str, str]:
        """Of our own accounts at the broker we start, by user name, made once."""
        path = self.passwords_file
        if not path.exists():
            made = {name: secrets.token_urlsafe(24) for name in dynsec.PROCESSES}
            _write_private(path, json.dumps(made, indent=1) + "\n")
        return {str(name): str(word) for name, word in json.loads(path.read_text()).items()}

    def write_environment(self, environment: dict[str, str]) -> None:
        """Leave what other commands need to join us, for as long as we run: see `adopt`."""
        words = {name: environment[name] for name in SHARED if name in environment}
        _write_private(self.path / "environment.json", json.dumps(words))

    def forget_environment(self) -> None:
        (self.path / "environment.json").unlink(missing_ok=True)

    @property
    def control_socket(self) -> Path:
        """Where supervisord listens: in the folder, or in /tmp when that path is too long."""
        path = self.path / "control.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"pulseboard-{os.getuid()}-{name}.sock"


def adopt() -> None:
    """Let `manage.py changepassword` and the like reach the stack that runs from here.

    Only for variables that are not set; nothing happens when `manage.py up` does not run.
    """
    try:
        words = json.loads((default_path() / "environment.json").read_text())
    except (OSError, ValueError):
        return
    for name in SHARED:
        if name in words:
            os.environ.setdefault(name, words[name])


def default_path() -> Path:
    """The data folder when no option names one."""
    return Path(os.environ.get("PULSEBOARD_DATA") or Path(__file__).resolve().parents[2] / "var")


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
