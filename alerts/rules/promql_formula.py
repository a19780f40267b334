"""PromQL over several series, or over a time, as a formula of ours where both give the same. Pure.

What differs is refused: `rate` and `increase` of PromQL guess beyond the readings there are, a
division by 0 is infinity there and nothing here, `unless` is true of what is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import count

from alerts.rules.promql import Matcher, NotTranslated, beside, seconds, selector
from alerts.rules.promql_tokens import Tokens
from telemetry.expression import InvalidExpression, read

LOOKBACK = 300.0  # seconds for which a value holds there
MAX_DEPTH = 30  # brackets within each other

_COMPARED = (">", "<", ">=", "<=", "==", "!=")
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
# Of the time before each instant, that instant included, as ours are.
_OVER_TIME = {
    "avg_over_time": "mean",
    "min_over_time": "min",
    "max_over_time": "max",
    "sum_over_time": "sum",
    "count_over_time": "count",
    "last_over_time": "last",
    "first_over_time": "first",
}
_OF_VALUES = {"abs": "abs", "sqrt": "sqrt", "exp": "exp", "ln": "log"}
_OF_A_LIMIT = {"clamp_min": "max", "clamp_max": "min"}
_GUESSING = ("rate", "irate", "increase", "delta", "idelta", "deriv")
_JOINING = ("sum", "avg", "min", "max", "count", "topk", "bottomk")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula; `number`: of one that is a number and nothing else."""

    text: str
    is_truth: bool = False
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """What becomes of an expression: a condition, and what its series are asked for."""

    condition: dict[str, object]
    matchers: tuple[Matcher, ...]
    metric: str = ""  # of one series that is to be there
    after: float = 0.0  # seconds that it is missing before it counts as absent
    notes: list[str] = field(default_factory=list)


def formula(text: str) -> Formula:
    """Raises `NotTranslated`, saying why."""
    return _Reader(text).read()


class _Reader(Tokens):
    """Of one expression, from its beginning to its end."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._names: dict[str, str] = {}  # by metric
        self._matchers: tuple[Matcher, ...] | None = None
        self._split: tuple[Part, str, Part] | None = None  # of a comparison, its sides

    def read(self) -> Formula:
        if self.has("absent") or self.has("absent_over_time"):
            return self._absent()
        found = self._either()
        self.end()
        if not found.is_truth:
            raise NotTranslated("Its expression does not compare anything.")
        names: dict[str, object] = {name: metric for metric, name in self._names.items()}
        rest = {"names": names, "tolerance": LOOKBACK}
        if not names:
            raise NotTranslated("It names no metric.")
        return Formula({"type": "expression", **self._limited(found), **rest}, self._asked())

    def _limited(self, found: Part) -> dict[str, object]:
        """A number beyond a limit says more than what is true: its message has the value."""
        if self._split is None or found.text != _joined(*self._split):
            return {"formula": found.text}
        left, op, right = self._split
        if left.number is not None:
            left, op, right = right, _TURNED.get(op, op), left
        if right.number is None or op not in _TURNED:
            return {"formula": found.text}
        toward = {">=": "-inf", "<=": "inf"}.get(op)
        limit = right.number if toward is None else beside(right.number, float(toward))
        return {"formula": left.text, "op": "above" if ">" in op else "below", "limit": limit}

    def _absent(self) -> Formula:
        over = self.next()[1] == "absent_over_time"
        self.take("(")
        metric, matchers = self._series()
        after = self._range() if over else LOOKBACK
        self.take(")")
        self.end()
        if not any(each.name in ("device", "uid") and each.op == "=" for each in matchers):
            raise NotTranslated("absent without a device asks whether any has it: name the device.")
        note = "A series that never came is absent there and not silent here."
        return Formula({"type": "silent", "seconds": after}, matchers, metric, after, [note])

    # By how strongly they bind, the weakest first.

    def _either(self) -> Part:
        found = self._both()
        while self.has("or"):
            found = self._logic(found)
        return found

    def _both(self) -> Part:
        found = self._compared()
        while self.has("and") or self.has("unless"):
            if self.has("unless"):
                raise NotTranslated("unless is true of what is missing: nothing here is.")
            found = self._logic(found)
        return found

    def _logic(self, left: Part) -> Part:
        word = self.next()[1]
        self._no_matching()
        right = self._both() if word == "or" else self._compared()
        if not (left.is_truth and right.is_truth):
            raise NotTranslated(f"{word} without a comparison at each side asks what is there.")
        return Part(f"({left.text}) {word} ({right.text})", is_truth=True)

    def _compared(self) -> Part:
        left = self._sum()
        if self.kind() != "sign" or self.token() not in _COMPARED:
            return left
        op = self.next()[1]
        self._no_matching()
        right = self._sum()
        if left.is_truth or right.is_truth or self.token() in _COMPARED:
            raise NotTranslated("It computes with what a comparison leaves over.")
        self._split = (left, op, right)
        return Part(_joined(left, op, right), is_truth=True)

    def _sum(self) -> Part:
        found = self._product()
        while self.kind() == "sign" and self.token() in ("+", "-"):
            found = self._computed(found, self.next()[1], self._product())
        return found

    def _product(self) -> Part:
        found = self._signed()
        while self.kind() == "sign" and self.token() in ("*", "/", "%", "^"):
            op = self.next()[1]
            if op in "%^":
                raise NotTranslated(f"{op} is another here, or there is none.")
            right = self._signed()
            if op == "/" and not right.number:
                raise NotTranslated("A division by 0 is infinity there, and nothing here.")
            found = self._computed(found, op, right)
        return found

    def _computed(self, left: Part, op: str, right: Part) -> Part:
        self._no_matching()
        if left.is_truth or right.is_truth:
            raise NotTranslated("It computes with what a comparison leaves over.")
        return Part(f"({left.text} {op} {right.text})")

    def _signed(self) -> Part:
        if self.kind() == "sign" and self.token() in ("-", "+"):
            sign = self.next()[1]
            found = self._signed()
            if found.is_truth:
                raise NotTranslated("It computes with what a comparison leaves over.")
            if sign == "+":
                return found
            number = None if found.number is None else -found.number
            return Part(f"(-{found.text})", number=number)
        return self._one()

    def _one(self) -> Part:
        kind, text = self.kind(), self.token()
        if kind == "number":
            self.next()
            return _number(float(text))
        if text == "(" and kind == "sign":
            return self._bracketed()
        if kind == "word" and self.peek() == "(":
            return self._call(self.next()[1])
        metric, matchers = self._series()
        name = self._named(metric, matchers)
        if self.has("offset"):
            self.next()
            return Part(f"shift({name}, {self._duration()})")
        return Part(name)

    def _bracketed(self) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotTranslated("It has too many brackets within each other.")
        self.take("(")
        found = self._either()
        self.take(")")
        self._depth -= 1
        return found

    def _call(self, what: str) -> Part:
        if what in _GUESSING:
            raise NotTranslated(
                f"{what} guesses beyond the readings there are: use a rule of the type rate."
            )
        if what in _JOINING:
            raise NotTranslated(
                f"{what} joins several devices in one value: each is judged by itself here."
            )
        if what in _OVER_TIME:
            self.take("(")
            name = self._named(*self._series())
            span = _span(self._range())
            self.take(")")
            return Part(f"{_OVER_TIME[what]}({name}, {span})")
        if what not in _OF_VALUES and what not in _OF_A_LIMIT and what != "clamp":
            raise NotTranslated(f"{what} has no counterpart here.")
        self.take("(")
        given = [self._sum()]
        for _ in range({"clamp": 2}.get(what, int(what in _OF_A_LIMIT))):
            self.take(",")
            given.append(self._sum())
        self.take(")")
        if any(each.is_truth for each in given):
            raise NotTranslated("It computes with what a comparison leaves over.")
        ours = _OF_VALUES.get(what) or _OF_A_LIMIT.get(what) or what
        return Part(f"{ours}({', '.join(each.text for each in given)})")

    # Series

    def _series(self) -> tuple[str, tuple[Matcher, ...]]:
        text = self.next()[1] if self.kind() == "word" else ""
        if self.kind() == "labels":
            text += self.next()[1]
        if not text:
            self.wrong()
        return selector(text)

    def _named(self, metric: str, matchers: tuple[Matcher, ...]) -> str:
        """The name of a series in the formula. All are of one device."""
        asked = tuple(sorted(matchers, key=lambda each: (each.name, each.op, each.value)))
        if self._matchers is not None and self._matchers != asked:
            raise NotTranslated("Its series are asked for by different labels.")
        self._matchers = asked
        if metric not in self._names:
            self._names[metric] = self._free(metric)
        return self._names[metric]

    def _free(self, metric: str) -> str:
        """Itself, unless it is no name in a formula or that of another."""
        taken = self._names.values()
        if ":" not in metric and metric not in taken and _is_name(metric):
            return metric
        return next(name for n in count(1) if (name := f"series_{n}") not in taken)

    def _asked(self) -> tuple[Matcher, ...]:
        return self._matchers or ()

    def _range(self) -> float:
        if self.kind() != "range":
            self.wrong()
        text = self.next()[1][1:-1].strip()
        if ":" in text:
            raise NotTranslated("A query within a query has no counterpart here.")
        return seconds(text)

    def _duration(self) -> str:
        if self.kind() != "length":
            self.wrong()
        return _span(seconds(self.next()[1]))

    def _no_matching(self) -> None:
        if self.token() in ("on", "ignoring", "bool", "group_left", "group_right"):
            raise NotTranslated(
                f"{self.token()} has no counterpart here: series are of one device."
            )


def _is_name(text: str) -> bool:
    try:
        return list(read(text).names) == [text]
    except InvalidExpression:
        return False


def _joined(left: Part, op: str, right: Part) -> str:
    return f"{left.text} {op} {right.text}"


def _number(number: float) -> Part:
    if not math.isfinite(number):
        raise NotTranslated("The number it compares with is too large.")
    text = f"{number:.17f}".rstrip("0").rstrip(".") if abs(number) < 1e15 else repr(number)
    return Part(text if float(text) == number else repr(number), number=number)


def _span(length: float) -> str:
    """A length of time as a formula has it."""
    if length <= 0:
        raise NotTranslated("A length of time of nothing has no counterpart here.")
    return f"{length:g}s" if length == int(length) and length < 1e6 else f"{round(length * 1e3)}ms"
