"""What is remembered of an edge node of Sparkplug B: what its births said. Pure.

The tables are stored, so that data can be read after a restart. The sequence numbers are not: they
are kept by the process that hears them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bridge.decode.conventions.sparkplug import payload
from bridge.decode.conventions.sparkplug.payload import Metric
from bridge.decode.items import Item, Request
from bridge.decode.state import State

NODES = "nodes"  # the scope that has when each node was heard to be born, by its name
MAX_NODES = 5_000  # nodes whose births are remembered
MAX_DEVICES = 1_000  # devices of a node, likewise
MAX_NAMES = 5_000  # metrics of a birth, likewise
ITSELF = ""  # the key of the node's own table among those of its devices

ASK_EVERY_US = 60_000_000  # between two requests that a node send its births again
# Messages in order after which a gap tells of a loss: a worker that shares its messages with others
# hears only some of a node's, and to it all is gaps.
STEADY = 16


class Birth(NamedTuple):
    """What a birth said of names, aliases and datatypes."""

    names: dict[str, int]  # datatypes
    aliases: dict[str, str]  # names, by alias in digits, as JSON has keys

    @classmethod
    def of(cls, metrics: list[Metric]) -> Birth:
        """The table of these metrics; of two with one alias neither is known by it."""
        names: dict[str, int] = {}
        aliases: dict[str, str] = {}
        for metric in metrics[:MAX_NAMES]:
            if metric.name:
                names[metric.name] = metric.datatype
                if metric.alias is not None:
                    key = str(metric.alias)
                    taken = aliases.get(key, metric.name) != metric.name
                    aliases[key] = "" if taken else metric.name
        return cls(names, aliases)

    def name_of(self, metric: Metric) -> str:
        """The name, "" where nothing tells it."""
        if metric.name or metric.alias is None:
            return metric.name
        return self.aliases.get(str(metric.alias), "")


UNBORN = Birth({}, {})


class Node:
    """One node as this message finds it."""

    def __init__(self, state: State, group: str, name: str) -> None:
        self.group, self.name = group, name
        self.full = f"{group}/{name}"
        self._state = state
        self._tables = state.scope(self.full)
        self._heard = state.passing(self.full)  # sequence numbers and the like

    @property
    def devices(self) -> list[str]:
        """Those that were born, ever."""
        return [device for device in self._tables if device != ITSELF]

    @property
    def bd_seq(self) -> int | None:
        """Of its newest birth; None where none was heard, or it said none."""
        found: int | None = self._tables.get(ITSELF, {}).get("bd_seq")
        return found

    def birth(self, device: str) -> Birth | None:
        """The table in force: one from before the node's newest birth is none any more."""
        found, own = self._tables.get(device), self._tables.get(ITSELF)
        if found is None or own is None or found["at"] < own["at"]:
            return None
        return Birth(found["names"], found["aliases"])

    def born(self, device: str, birth: Birth, at_us: int, bd_seq: int | None) -> None:
        """Remember the table."""
        kept: dict[str, Any] = {"at": at_us, "names": birth.names, "aliases": birth.aliases}
        nodes = self._state.scope(NODES)
        if self.full not in nodes and len(nodes) >= MAX_NODES:
            self._state.is_full = True
            return
        if device == ITSELF:
            kept["bd_seq"] = bd_seq
            self._state.remember(NODES, self.full, {"at": at_us})
        if device in self._tables or len(self._tables) <= MAX_DEVICES:
            self._state.remember(self.full, device, kept)
        else:
            self._state.is_full = True

    def follows(self, seq: int | None, *, is_birth: bool) -> bool:
        """Note the sequence number; False where one before it was lost."""
        if seq is None:
            return True
        heard = self._heard
        last, run = heard.get("seq"), heard.get("run", 0)
        if last == seq and not is_birth:
            return True  # sent twice, which many do
        in_order = is_birth or last is None or seq == (last + 1) % 256
        heard["seq"], heard["run"] = seq, run + 1 if in_order and not is_birth else 0
        return in_order or run < STEADY

    def ask(self, now_us: int) -> list[Item]:
        """The request for its births, unless it was asked lately."""
        heard = self._heard
        asked_us = heard.get("asked_us")
        if asked_us is not None and 0 <= now_us - asked_us < ASK_EVERY_US:
            return []
        heard["asked_us"] = now_us
        return [Request(f"spBv1.0/{self.group}/NCMD/{self.name}", payload.rebirth(now_us))]

    def is_new(self) -> bool:
        """Whether this process hears of it for the first time: a birth may have been missed."""
        heard = self._heard
        first = "met" not in heard
        heard["met"] = 1
        return first
