"""What apps hand to the process that runs it, imported only there: others start without it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    @property
    def name(self) -> str: ...


Kind = TypeVar("Kind", bound=Named)


class OnDemand(Generic[Kind]):
    """What modules hold in a tuple of this name."""

    def __init__(self, attribute: str, modules: Iterable[str] = ()) -> None:
        self._attribute = attribute
        self._modules = dict.fromkeys(modules)

    def add(self, *modules: str) -> None:
        """Name modules that hold some; one that is named twice, as by an app that is made ready
        twice, is one."""
        self._modules.update(dict.fromkeys(modules))

    def all(self) -> list[Kind]:
        """Import them; what they hold, in the order they were named. Raises `ValueError` when two
        have one name."""
        found: dict[str, Kind] = {}
        for module in self._modules:
            for each in getattr(import_module(module), self._attribute):
                if each.name in found:
                    raise ValueError(f"two of {self._attribute} are named {each.name!r}")
                found[each.name] = each
        return list(found.values())
