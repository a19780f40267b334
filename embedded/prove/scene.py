"""What a fault has around it: the stack it breaks, the load that goes on, when it was over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from embedded.prove.load import Load
from embedded.prove.process import Part
from embedded.prove.proxy import Proxy
from embedded.prove.publisher import Address
from embedded.prove.slots import Slots

if TYPE_CHECKING:  # it needs the settings, which name servers that are started first
    from embedded.prove.stored import Stored

POLL = 0.1  # seconds between two looks


class Stack(Protocol):
    """What a fault can reach: `OwnStack` or `RunningStack`."""

    what: str
    parts: dict[str, Part]
    address: Address
    proxy: Proxy | None
    slots: Slots | None  # of a group of bridges that are ours
    web_ports: list[int]  # of the web processes that are ours

    @property
    def folder(self) -> Path | None: ...
    def start(self) -> None: ...
    def start_bridge(self) -> None: ...
    def start_webs(self) -> None: ...
    def snapshot_age_source(self) -> Path | None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class Scene:
    """One fault's surroundings, and the moment it was over."""

    stack: Stack
    load: Load
    stored: Stored
    chance: random.Random
    ended_at: float = 0.0  # monotonic seconds
    mark: int = 0  # the number of the first message after it
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # what it should not have been able to do

    def over(self) -> None:
        self.mark = len(self.load.ledger)
        self.ended_at = time.monotonic()

    def wait(self, bounds: tuple[float, float]) -> None:
        """Let the fault last, as long as the seed says."""
        time.sleep(self.chance.uniform(*bounds))

    def until(self, fact: Callable[[], bool], within: float) -> bool:
        """Whether it came true in so many seconds."""
        deadline = time.monotonic() + within
        while not (is_so := fact()) and time.monotonic() < deadline:
            time.sleep(POLL)
        return is_so

    def part(self, name: str) -> Part:
        """One of that name; of several bridges any."""
        several = [each for each in self.stack.parts if each.split("-")[0] == name]
        return self.stack.parts[self.chance.choice(several)]


Fault = Callable[[Scene], None]
