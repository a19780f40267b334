"""The bridges of a stack of our own, slot by slot: who joins the group, who leaves it for good, and
what comes of a second process under one name."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from embedded.prove.process import Part
from embedded.servers.child import POLL_SECONDS, Child

ROOT = Path(__file__).resolve().parent.parent.parent
GROUP = "prove"
MOST_SLOTS = 4  # that a proof lets join, beyond those it began with
RETIRE_SECONDS = 90.0  # for a slot to store what the broker holds for it, and end
REFUSED_SECONDS = 90.0  # for a second process under one name to give way


class Slots:
    """Makes and ends bridges; those that run are in `parts`, by name."""

    def __init__(
        self, parts: dict[str, Part], count: int, log: Path, environment: Mapping[str, str]
    ) -> None:
        self._parts = parts
        self._shared = count > 1
        self._most = count + MOST_SLOTS
        self._log = log
        self._environment = environment
        for slot in range(count):
            self._parts[_name(slot)] = self._bridge(slot)

    def join(self) -> str | None:
        """Start one more; its name, None where there are as many as may be."""
        free = [slot for slot in range(self._most) if _name(slot) not in self._parts]
        if not free:
            return None
        part = self._bridge(free[0])
        part.start()
        self._parts[part.name] = part
        return part.name

    def running(self) -> list[str]:
        """Their names."""
        return [name for name in self._parts if name.split("-")[0] == "bridge"]

    def leave(self, name: str) -> bool:
        """End one and retire its slot; whether that ended well. It may join again later."""
        self._parts.pop(name).stop()
        retiring = self._bridge(_slot(name), "--retire")
        retiring.spawn()
        return _ended(retiring, RETIRE_SECONDS) == 0

    def collide(self, name: str, folder: Path) -> bool:
        """Start a second process under the name of one that runs, with a spool of its own as on
        another machine; whether it gave way."""
        environment = {**self._environment, "PULSEBOARD_SPOOL": str(folder)}
        second = self._bridge(_slot(name), environment=environment)
        second.spawn()
        status = _ended(second, REFUSED_SECONDS)
        return status not in (None, 0)

    def _bridge(
        self, slot: int, *words: str, environment: Mapping[str, str] | None = None
    ) -> Child:
        command = [sys.executable, str(ROOT / "manage.py"), "runbridge", f"--slot={slot}"]
        if self._shared:
            command.append(f"--group={GROUP}")
        return Child(
            _name(slot),
            lambda: [*command, *words],
            self._log,
            environment=environment or self._environment,
        )


def worker_of(name: str) -> str:
    """The name under which that bridge writes."""
    return f"bridge-{_slot(name)}"


def _name(slot: int) -> str:
    return f"bridge-{slot}" if slot else "bridge"


def _slot(name: str) -> int:
    return int(name.partition("-")[2] or 0)


def _ended(child: Child, within: float) -> int | None:
    """How it ended by itself; None if it did not, and had to be killed."""
    deadline = time.monotonic() + within
    while child.pid:
        if time.monotonic() > deadline:
            child.kill()
            return None
        time.sleep(POLL_SECONDS)
    return child.stop()
