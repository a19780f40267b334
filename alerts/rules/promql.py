"""PromQL that says what a threshold says: a series, and a number it is compared with. Pure. What is
more than that is read by `alerts.rules.promql_formula`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from alerts.errors import AlertsError

_NAME = r"[A-Za-z_:][A-Za-z0-9_:]*"
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SELECTOR = re.compile(rf"(?P<metric>{_NAME})?\s*(?:\{{(?P<labels>.*)\}})?\Z", re.DOTALL)
_LABEL = re.compile(
    rf"\s*(?P<name>{_NAME})\s*(?P<op>=~|!~|!=|=)\s*"
    r"(?P<quote>[\"'])(?P<value>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)\s*(?:,|\Z)",
    re.DOTALL,
)
_COMPARED = re.compile(
    rf"(?:(?P<series>.+?)\s*(?P<op>>=|<=|==|!=|>|<)\s*(?P<right>{_NUMBER})"
    rf"|(?P<left>{_NUMBER})\s*(?P<turned>>=|<=|==|!=|>|<)\s*(?P<behind>.+?))\Z",
    re.DOTALL,
)
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?\Z", re.ASCII
)
_UNITS = (365 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1, 0.001)  # seconds
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class NotTranslated(AlertsError):
    """Pulseboard has no rule that says the same; the message says why."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label of a selector."""

    name: str
    op: str  # =, !=, =~ or !~
    value: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`metric{labels} op number`."""

    metric: str
    matchers: tuple[Matcher, ...]
    op: str
    number: float

    @property
    def condition(self) -> dict[str, object]:
        if self.op == ">":
            return {"type": "threshold", "op": "above", "limit": self.number}
        if self.op == "<":
            return {"type": "threshold", "op": "below", "limit": self.number}
        # Of floats these are the same: nothing lies between a number and its neighbour.
        if self.op == ">=":
            return {"type": "threshold", "op": "above", "limit": beside(self.number, -math.inf)}
        if self.op == "<=":
            return {"type": "threshold", "op": "below", "limit": beside(self.number, math.inf)}
        op = "is" if self.op == "==" else "is_not"
        return {"type": "state", "op": op, "equals": [self.number]}


def beside(number: float, toward: float) -> float:
    return math.nextafter(number, toward)


def comparison(text: str) -> Comparison:
    """Raises `NotTranslated` of anything else."""
    text = _without_brackets(text.strip())
    found = _COMPARED.match(text)
    if found is None:
        raise NotTranslated("Its expression does not compare one series with a number.")
    op = found["op"] or _TURNED[found["turned"]]
    metric, matchers = selector(_without_brackets((found["series"] or found["behind"]).strip()))
    number = float(found["right"] or found["left"])
    if not math.isfinite(number):
        raise NotTranslated("The number it compares with is too large.")
    return Comparison(metric, matchers, op, number)


def _without_brackets(text: str) -> str:
    while text.startswith("(") and text.endswith(")") and "(" not in text[1:]:
        text = text[1:-1].strip()
    return text


def selector(text: str) -> tuple[str, tuple[Matcher, ...]]:
    found = _SELECTOR.match(text)
    if found is None or text == "":
        raise NotTranslated(f"{text[:80]!r} is not the name of one series: it is computed.")
    matchers = _matchers(found["labels"] or "")
    metric = found["metric"] or ""
    for matcher in matchers:
        if matcher.name == "__name__" and matcher.op == "=" and not metric:
            metric = matcher.value
    if not metric:
        raise NotTranslated("It names no metric.")
    return metric, tuple(each for each in matchers if each.name != "__name__")


def _matchers(text: str) -> list[Matcher]:
    found, at = [], 0
    while text[at:].strip():
        label = _LABEL.match(text, at)
        if label is None:
            raise NotTranslated(f"Its labels cannot be read: {text[:80]!r}.")
        value = _ESCAPED.sub(r"\1", label["value"])
        found.append(Matcher(label["name"], label["op"], value))
        at = label.end()
    return found


def seconds(text: str) -> float:
    """A length of time as Prometheus writes it: `5m`, `1h30m`. Raises `NotTranslated`."""
    found = _DURATION.match(text)
    if text == "0":
        return 0.0
    if not text or found is None:
        raise NotTranslated(f"{text[:40]!r} is not a length of time such as 5m.")
    return float(sum(int(n) * unit for n, unit in zip(found.groups(), _UNITS, strict=True) if n))
