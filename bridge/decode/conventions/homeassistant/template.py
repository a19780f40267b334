"""Value templates of Home Assistant: the subset that devices announce. Pure.

Most are a path, `{{ value_json.temperature }}`. Some compute, choose with `{% if %}`, or look a
word up. Whatever else a template holds, it is `Unsupported` and the message is read without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from bridge.decode.conventions.homeassistant.evaluation import (
    UNDEFINED,
    NoValue,
    text_of,
    truth,
    value,
)
from bridge.decode.conventions.homeassistant.expressions import Node, Parser, Unsupported

MAX_TEMPLATE = 2_000  # characters
MAX_STATEMENTS = 60
MAX_BITS = 1_000  # of an integer that a template computes
REMEMBERED = 10_000  # templates parsed

_BLOCK = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_SET = re.compile(r"set\s+([A-Za-z_]\w{0,40})\s*=(?!=)(.*)", re.DOTALL | re.ASCII)


class Statement(NamedTuple):
    """`text`, `show`, `set`, `if`, `elif`, `else` or `endif`, with its text or name, and its
    expression."""

    kind: str
    what: str
    node: Node | None


class Template(NamedTuple):
    statements: tuple[Statement, ...]

    def path(self) -> tuple[str, ...] | None:
        """The levels of `value_json` it shows, if that is all it does, but for a filter or two."""
        if len(self.statements) != 1 or self.statements[0].node is None:
            return None
        node, levels = self.statements[0].node, []
        while node.kind == "call":
            node = node.parts[0] if node.parts else Node("constant", None, ())
        while node.kind == "item" and node.parts[1].kind == "constant":
            levels.append(str(node.parts[1].what))
            node = node.parts[0]
        return tuple(reversed(levels)) if node == Node("name", "value_json", ()) else None

    def of(self, names: Mapping[str, Any]) -> Any:
        """What it says of a message: a value of its own type where it only shows one, a text
        otherwise, None if it has none."""
        try:
            found = self._of(dict(names))
        except (NoValue, ArithmeticError, ValueError, TypeError, RecursionError):
            return None  # it computes with what is no number, or beyond any
        huge = isinstance(found, int) and found.bit_length() > MAX_BITS
        return None if huge else found

    def _of(self, names: dict[str, Any]) -> Any:
        shown: list[Any] = []
        # Of each `if` that is open: whether its branch is taken, and whether one has been.
        branches: list[tuple[bool, bool]] = []
        for kind, what, node in self.statements:
            taken = all(now for now, _ in branches)
            outer = all(now for now, _ in branches[:-1])
            if kind == "if":
                now = taken and node is not None and truth(value(node, names))
                branches.append((now, now))
            elif kind in ("elif", "else"):
                _, before = branches.pop()
                now = outer and not before and (node is None or truth(value(node, names)))
                branches.append((now, before or now))
            elif kind == "endif":
                branches.pop()
            elif taken and kind == "set" and node is not None:
                names[what] = value(node, names)
            elif taken:
                shown.append(what if node is None else value(node, names))
        found = [each for each in shown if not (isinstance(each, str) and not each.strip())]
        if len(found) != 1:
            return "".join(text_of(each) for each in shown).strip() or None
        return None if found[0] is UNDEFINED else found[0]


@lru_cache(REMEMBERED)
def parsed(text: str) -> Template | None:
    """The template, None if it holds what is not read here."""
    try:
        return Template(tuple(_statements(text)))
    except Unsupported:
        return None


def _statements(text: str) -> list[Statement]:
    if len(text) > MAX_TEMPLATE:
        raise Unsupported("too long")
    found: list[Statement] = []
    opened = 0
    for piece in _BLOCK.split(text):
        if piece.startswith("{{"):
            found.append(Statement("show", "", Parser(_inner(piece)).whole()))
        elif piece.startswith("{%"):
            statement = _statement(_inner(piece))
            opened += {"if": 1, "endif": -1}.get(statement.kind, 0)
            if opened < 0 or (statement.kind in ("elif", "else") and not opened):
                raise Unsupported(f"{statement.kind} without if")
            found.append(statement)
        elif piece.strip() and not piece.startswith("{#"):
            found.append(Statement("text", piece, None))
        if len(found) > MAX_STATEMENTS:
            raise Unsupported("too many statements")
    if opened:
        raise Unsupported("endif is missing")
    return found


def _inner(piece: str) -> str:
    """Without its brackets, and the signs that trim the text around it."""
    return piece[2:-2].removeprefix("-").removesuffix("-").strip()


def _statement(inner: str) -> Statement:
    word, _, rest = inner.partition(" ")
    if word in ("else", "endif") and not rest.strip():
        return Statement(word, "", None)
    if word in ("if", "elif"):
        return Statement(word, "", Parser(rest).whole())
    if assigned := _SET.fullmatch(inner):
        return Statement("set", assigned[1], Parser(assigned[2]).whole())
    raise Unsupported(f"the statement {word[:20]!a}")
