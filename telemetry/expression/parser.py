"""From the text of a formula to its tree: a Pratt parser. Nothing of Python is ever evaluated."""

from __future__ import annotations

from typing import Final

from telemetry.expression import functions
from telemetry.expression.problems import InvalidExpression
from telemetry.expression.tokens import SPANS_US, Token, tokens
from telemetry.expression.tree import Call, Name, Node, Number, Shift, Truth, Window, names, walk

MAX_DEPTH = 32  # brackets, calls and signs within each other
MAX_NODES = 200  # numbers, names and operators of one formula
MAX_NAMES = 16  # series of one formula
MAX_WINDOW_US = 31 * SPANS_US["d"]  # that a function looks over
MAX_SHIFT_US = 366 * SPANS_US["d"]
DAY_US = SPANS_US["d"]

# How strongly each operator holds what is beside it.
_POWER: Final = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
_NOT, _COMPARISON, _NEGATIVE = 3, 4, 7


def parse(text: str) -> Node:
    """The tree of a formula. Raises `InvalidExpression`, which says where."""
    parser = _Parser(tokens(text))
    if parser.next.kind == "end":
        raise InvalidExpression("there is no formula", parser.next.at)
    tree = parser.expression(0)
    if parser.next.kind != "end":
        said = f"{_said(parser.next)} does not belong here"
        if parser.next.text == ")":
            said = "this bracket was never opened"
        raise InvalidExpression(said, parser.next.at)
    found = names(tree)
    if not found:
        raise InvalidExpression("the formula names no series", 0)
    if len(found) > MAX_NAMES:
        at = next(
            each.at for each in walk(tree) if isinstance(each, Name) and each.name == found[-1]
        )
        raise InvalidExpression(f"a formula has at most {MAX_NAMES} names", at)
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._place = 0
        self._depth = 0
        self._nodes = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def take(self) -> Token:
        token = self.next
        self._place += token.kind != "end"
        return token

    def expression(self, power: int) -> Node:
        """What holds together more strongly than `power`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidExpression(f"at most {MAX_DEPTH} levels within each other", self.next.at)
        left = self._first()
        while (held := _POWER.get(self.next.text, 0)) > power and self.next.kind in (
            "sign",
            "word",
        ):
            sign = self.take()
            right = self.expression(held)
            left = self._counted(Call(sign.at, sign.text, (left, right)))
            if held == _COMPARISON and _POWER.get(self.next.text) == _COMPARISON:
                said = "compare twice with `and`: a < b and b < c"
                raise InvalidExpression(said, self.next.at)
        self._depth -= 1
        return left

    def _first(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return self._counted(Number(token.at, token.number))
        if token.kind == "word":
            return self._word(token)
        if token.text == "(":
            inner = self.expression(0)
            self._expect(")", token)
            return inner
        if token.text == "-":
            return self._counted(Call(token.at, "negative", (self.expression(_NEGATIVE),)))
        if token.text == "+":
            return self.expression(_NEGATIVE)
        if token.kind == "span":
            said = f"{token.text} is a duration, which only functions over a time take"
            raise InvalidExpression(said, token.at)
        missing = "here the formula ends, and a value is missing"
        said = missing if token.kind == "end" else f"a value is missing before {_said(token)}"
        raise InvalidExpression(said, token.at)

    def _word(self, token: Token) -> Node:
        if token.text in ("true", "false"):
            return self._counted(Truth(token.at, token.text == "true"))
        if token.text == "not":
            return self._counted(Call(token.at, "not", (self.expression(_NOT),)))
        if token.text in functions.WORDS:
            raise InvalidExpression(f"a value is missing before {token.text}", token.at)
        if self.next.text == "(":
            if token.text not in functions.ALL:
                raise InvalidExpression(f"there is no function {token.text}", token.at)
            return self._counted(self._call(token))
        if token.text in functions.ALL:
            said = f"{token.text} is a function: write {token.text}(…)"
            raise InvalidExpression(said, token.at)
        return self._counted(Name(token.at, token.text))

    def _call(self, function: Token) -> Node:
        opened = self.take()
        values: list[Node] = []
        span: Token | None = None
        while self.next.text != ")" or values or span:
            if span is not None:
                raise InvalidExpression("the duration comes last", span.at)
            if self.next.kind == "span":
                span = self.take()
            else:
                values.append(self.expression(0))
            if self.next.text != ",":
                break
            self.take()
        self._expect(")", opened)
        return _made(function, values, span)

    def _expect(self, text: str, opened: Token) -> None:
        token = self.take()
        if token.text == text and token.kind == "sign":
            return
        if token.kind == "end":
            raise InvalidExpression("this bracket is never closed", opened.at)
        raise InvalidExpression(f"{_said(token)} does not belong here", token.at)

    def _counted(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            said = f"a formula has at most {MAX_NODES} numbers, names and operators"
            raise InvalidExpression(said, node.at)
        return node


def _made(function: Token, values: list[Node], span: Token | None) -> Node:
    """The node of a call. Raises `InvalidExpression` when its arguments are others."""
    name, at = function.text, function.at
    if span is not None:
        return _over_a_time(name, at, values, span)
    if name == functions.DEGREE_DAYS:
        if len(values) != 2:
            raise InvalidExpression("degree_days takes a temperature and a base", at)
        temperature, base = values
        _check_series(name, temperature)
        return Window(at, name, Call(at, "-", (base, temperature)), DAY_US)
    if name not in functions.AT_AN_INSTANT:
        said = f"{name} takes a series and a duration: {name}(t, 10min)"
        raise InvalidExpression(said, at)
    fewest, most = functions.AT_AN_INSTANT[name]
    if not fewest <= len(values) <= most:
        if name in functions.OVER_A_TIME and len(values) == 1:
            said = f"{name} takes several values, or a series and a duration: {name}(t, 10min)"
            raise InvalidExpression(said, at)
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        if count == "1":
            raise InvalidExpression(f"{name} takes 1 value, not {len(values)}", at)
        raise InvalidExpression(f"{name} takes {count} values, not {len(values)}", at)
    return Call(at, name, tuple(values))


def _over_a_time(name: str, at: int, values: list[Node], span: Token) -> Node:
    if name != functions.SHIFT and name not in functions.OVER_A_TIME:
        raise InvalidExpression(f"{name} takes no duration", span.at)
    if len(values) != 1:
        said = f"{name} takes one series and a duration: {name}(t, 10min)"
        raise InvalidExpression(said, at)
    most = MAX_SHIFT_US if name == functions.SHIFT else MAX_WINDOW_US
    if not 1 <= span.number <= most:
        days = most // DAY_US
        raise InvalidExpression(f"a duration of {name} is over 0 and at most {days} days", span.at)
    _check_series(name, values[0])
    span_us = round(span.number)
    if name == functions.SHIFT:
        return Shift(at, values[0], span_us)
    return Window(at, name, values[0], span_us)


def _check_series(name: str, value: Node) -> None:
    if not names(value):
        raise InvalidExpression(f"{name} needs a series, and this names none", value.at)


def _said(token: Token) -> str:
    return f"`{token.text}`"
