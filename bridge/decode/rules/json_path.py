"""Where something stands in a document: `$.values[0].temp`, `@.*.t`, `data['a.b']`. Pure.

`$` begins at the whole document, `@` (or nothing) at the record. No filters, no `..`, nothing that
is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from bridge.decode.rules.problems import Budget

MAX_PATH = 300  # characters
MAX_PATH_STEPS = 16

Key = str | int
_STEP = re.compile(
    r"\.?(?P<name>[^.\[\]'\"*\s$@{}][^.\[\]'\"*{}]*)"
    r"|\.?(?P<any>\*)|\[(?P<any_index>\*)\]"
    r"|\[(?P<index>-?[0-9]{1,6})\]"
    r"|\['(?P<quoted>[^']+)'\]"
    r'|\["(?P<quoted2>[^"]+)"\]'
)


class Found(NamedTuple):
    """One value a path leads to."""

    value: Any
    names: tuple[str, ...]  # what the wildcards stand for here


class Path:
    """Leads to no value, to one, or, with wildcards, to many."""

    __slots__ = ("_steps", "from_document", "key", "levels", "text")

    def __init__(self, text: str) -> None:
        """Raises `ValueError` with a sentence for whoever wrote it."""
        if len(text) > MAX_PATH:
            raise ValueError(f"At most {MAX_PATH} characters.")
        self.text = text
        self.from_document = text.startswith("$")
        self._steps = _steps(text.removeprefix("$").removeprefix("@"), text)
        # Its keys where it has no wildcard, None otherwise.
        keys = [each for each in self._steps if each is not None]
        self.levels = tuple(keys) if len(keys) == len(self._steps) else None
        names = [each for each in keys if isinstance(each, str)]
        self.key = names[-1] if names else ""

    @property
    def wildcards(self) -> int:
        return self._steps.count(None)

    def find(self, document: Any, record: Any, budget: Budget) -> Iterator[Found]:
        """The values it leads to, in the document's order. Raises `Undecodable` when that takes too
        many steps."""
        start = document if self.from_document else record
        yield from self._walk(start, 0, (), budget)

    def first(self, document: Any, record: Any, budget: Budget) -> Any:
        """The first value it leads to, None if there is none (as for `null`)."""
        for found in self.find(document, record, budget):
            return found.value
        return None

    def _walk(self, value: Any, at: int, names: tuple[str, ...], budget: Budget) -> Iterator[Found]:
        budget.spend()
        if at == len(self._steps):
            yield Found(value, names)
            return
        step = self._steps[at]
        if step is None:
            for name, child in children(value):
                yield from self._walk(child, at + 1, (*names, str(name)), budget)
        elif isinstance(value, dict):
            if str(step) in value:
                yield from self._walk(value[str(step)], at + 1, names, budget)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            yield from self._walk(value[step], at + 1, names, budget)


def children(value: Any) -> Iterator[tuple[Key, Any]]:
    """The members of an object, the elements of an array, nothing of anything else."""
    if isinstance(value, dict):
        yield from ((str(name), child) for name, child in value.items())
    elif isinstance(value, list):
        yield from enumerate(value)


def _steps(rest: str, text: str) -> list[Key | None]:
    """Keys and indexes in order; None is a wildcard."""
    steps: list[Key | None] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise ValueError(f"{text!r} cannot be read from {rest[at : at + 20]!r} on.")
        at = found.end()
        if found["any"] or found["any_index"]:
            steps.append(None)
        elif found["index"]:
            steps.append(int(found["index"]))
        else:
            steps.append((found["name"] or found["quoted"] or found["quoted2"]).strip())
    if len(steps) > MAX_PATH_STEPS:
        raise ValueError(f"At most {MAX_PATH_STEPS} steps.")
    return steps
