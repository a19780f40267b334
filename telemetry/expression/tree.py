"""What a formula is made of. `at` is the character, from 0, where each piece stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Truth:
    at: int
    value: bool


@dataclass(frozen=True, slots=True)
class Name:
    """Stands for a series."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator, or a function of values at one instant."""

    at: int
    what: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """What `inner` was so long before."""

    at: int
    inner: Node
    span_us: int


@dataclass(frozen=True, slots=True)
class Window:
    """A function of what `inner` was in the time `(instant - span, instant]`."""

    at: int
    what: str
    inner: Node
    span_us: int


Node = Number | Truth | Name | Call | Shift | Window


def below(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one."""
    if isinstance(node, Call):
        return node.arguments
    return (node.inner,) if isinstance(node, Shift | Window) else ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(below(found)))


def names(node: Node) -> list[str]:
    """The names in it, each once, in the order they come."""
    return list(dict.fromkeys(each.name for each in walk(node) if isinstance(each, Name)))
