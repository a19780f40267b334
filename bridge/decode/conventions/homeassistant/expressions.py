"""The expressions in templates of Home Assistant, as a tree. Pure.

Never Jinja: what comes from the network may not be run. Here are paths, a few filters, arithmetic,
comparisons and one look-up; there are no loops, no attributes of objects, no calls but those named.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from bridge.errors import BridgeError

MAX_DEPTH = 20  # expressions inside expressions
MAX_TOKENS = 300  # of one template

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]{1,15}(?:\.[0-9]{1,15})?)
    | (?P<text>'[^'\\]{0,200}'|"[^"\\]{0,200}")
    | (?P<name>[A-Za-z_][A-Za-z0-9_]{0,60})
    | (?P<sign>==|!=|<=|>=|//|[-+*/%~<>()\[\]{}.,:|])
    )""",
    re.VERBOSE | re.ASCII,
)
FUNCTIONS = {"float", "int", "round", "default", "lower", "upper", "string", "tojson", "trim"}
FUNCTIONS |= {"is_defined", "abs", "bool"}
METHODS = {"lower", "upper", "get", "strip"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "none": None}
_WORDS |= {word.capitalize(): meant for word, meant in _WORDS.items()}
_TESTS = {"defined", "none", "number", "string"}


class Unsupported(BridgeError):
    """The template holds something that is not read here."""


class Node(NamedTuple):
    """One operation. `kind` is `constant`, `name`, `item`, `call`, `test`, `dict` or an operator;
    `what` is the constant, the name, the function; `parts` are the nodes it works on."""

    kind: str
    what: Any
    parts: tuple[Node, ...]


class Parser:
    """Reads the tokens of one expression, or of the head of a statement."""

    def __init__(self, text: str) -> None:
        """Raises `Unsupported`."""
        self._tokens: list[tuple[str, str]] = []
        at = 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None or len(self._tokens) >= MAX_TOKENS:
                raise Unsupported(f"cannot read {text[at : at + 20]!a}")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        """The expression that all of it is. Raises `Unsupported`."""
        node = self._choice()
        if self._at < len(self._tokens):
            raise Unsupported(f"{self._tokens[self._at][1]!a} after the end")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        """The next token if it is one of these."""
        if self._at < len(self._tokens) and self._tokens[self._at][0] != "text":
            found = self._tokens[self._at][1]
            if found in wanted:
                self._at += 1
                return found
        return ""

    def _expect(self, wanted: str) -> None:
        if not self._take(wanted):
            raise Unsupported(f"{wanted!a} is missing")

    def _choice(self) -> Node:
        """`a if condition else b`"""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unsupported("nested too deep")
        node = self._either()
        if self._take("if"):
            condition = self._either()
            other = self._choice() if self._take("else") else Node("constant", None, ())
            node = Node("if", None, (condition, node, other))
        self._depth -= 1
        return node

    def _either(self) -> Node:
        return self._chain(self._both, "or")

    def _both(self) -> Node:
        return self._chain(self._negation, "and")

    def _negation(self) -> Node:
        if self._take("not"):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise Unsupported("nested too deep")
            node = Node("not", None, (self._negation(),))
            self._depth -= 1
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        node = self._sum()
        if operator := self._take("==", "!=", "<", "<=", ">", ">="):
            return Node(operator, None, (node, self._sum()))
        if self._take("is"):
            negated = self._take("not")
            test = self._name()
            if test not in _TESTS:
                raise Unsupported(f"the test {test!a}")
            found = Node("test", test, (node,))
            return Node("not", None, (found,)) if negated else found
        if self._take("in"):
            return Node("in", None, (node, self._sum()))
        if self._peek() == "not":
            self._at += 1
            self._expect("in")
            return Node("not", None, (Node("in", None, (node, self._sum())),))
        return node

    def _sum(self) -> Node:
        return self._chain(self._product, "+", "-", "~")

    def _product(self) -> Node:
        return self._chain(self._sign, "*", "/", "//", "%")

    def _chain(self, part: Callable[[], Node], *operators: str) -> Node:
        node = part()
        while operator := self._take(*operators):
            node = Node(operator, None, (node, part()))
        return node

    def _sign(self) -> Node:
        if self._take("-"):
            return Node("-", None, (Node("constant", 0, ()), self._filtered()))
        return self._filtered()

    def _filtered(self) -> Node:
        node = self._followed(self._atom())
        while self._take("|"):
            node = self._call(self._name(), (node,), FUNCTIONS)
            node = self._followed(node)
        return node

    def _followed(self, node: Node) -> Node:
        """`.name`, `['name']`, `[0]`, `.lower()`"""
        while True:
            if self._take("."):
                name = self._name()
                if self._peek() == "(":
                    node = self._call(name, (node,), METHODS)
                else:
                    node = Node("item", None, (node, Node("constant", name, ())))
            elif self._take("["):
                node = Node("item", None, (node, self._choice()))
                self._expect("]")
            else:
                return node

    def _call(self, name: str, given: tuple[Node, ...], allowed: set[str]) -> Node:
        if name not in allowed:
            raise Unsupported(f"{name!a} is not one of the functions read here")
        parts = list(given)
        if self._take("("):
            while not self._take(")"):
                parts.append(self._choice())
                if not self._take(","):
                    self._expect(")")
                    break
        return Node("call", name, tuple(parts))

    def _atom(self) -> Node:
        kind, written = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        self._at += 1
        if kind == "sign":
            return self._group(written)
        if kind == "name" and self._peek() == "(":
            return self._call(written, (), FUNCTIONS)
        if kind == "name" and written not in _WORDS:
            return Node("name", written, ())
        if kind == "number":
            return Node("constant", float(written) if "." in written else int(written), ())
        if not kind:
            raise Unsupported("the end, where a value is expected")
        return Node("constant", _WORDS[written] if kind == "name" else written[1:-1], ())

    def _group(self, opening: str) -> Node:
        if opening == "(":
            node = self._choice()
            self._expect(")")
            return node
        if opening == "{":
            return self._dict()
        if opening == "[":
            return Node("list", None, self._until("]"))
        raise Unsupported(f"{opening!a} where a value is expected")

    def _dict(self) -> Node:
        parts: list[Node] = []
        while not self._take("}"):
            parts.append(self._choice())
            self._expect(":")
            parts.append(self._choice())
            if not self._take(","):
                self._expect("}")
                break
        return Node("dict", None, tuple(parts))

    def _until(self, closing: str) -> tuple[Node, ...]:
        parts: list[Node] = []
        while not self._take(closing):
            parts.append(self._choice())
            if not self._take(","):
                self._expect(closing)
                break
        return tuple(parts)

    def _name(self) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "name":
            raise Unsupported("a name is missing")
        self._at += 1
        return self._tokens[self._at - 1][1]
