"""The records of a message under a rule: its document, cut at `each`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.decode import documents, tolerant
from bridge.decode.items import Reason
from bridge.decode.rules.expression import MAX_SEARCHED, cost
from bridge.decode.rules.problems import Budget
from bridge.decode.rules.rule import Rule
from bridge.decode.tolerant import Undecodable
from bridge.message import MAX_PAYLOAD

MAX_RECORDS = 1_000  # of one message


def document(rule: Rule, payload: bytes, budget: Budget) -> Any:
    """What the payload holds: of a text, the matches of its pattern. Raises `Undecodable`."""
    if rule.is_text:
        return _text_document(rule, payload, budget)
    return documents.read(payload)


def _text_document(rule: Rule, payload: bytes, budget: Budget) -> Any:
    if len(payload) > MAX_PAYLOAD:
        raise Undecodable(Reason.TOO_LARGE, f"{len(payload)} bytes, over {MAX_PAYLOAD}")
    text = tolerant.text_of(payload).strip("\0 \t\r\n")
    if not text:
        raise Undecodable(*documents.NO_PAYLOAD)
    if rule.expression is None:
        return {"value": text}
    if len(text) > MAX_SEARCHED:
        detail = f"{len(text)} characters, over the {MAX_SEARCHED} that a pattern searches"
        raise Undecodable(Reason.TOO_LARGE, detail)
    matches: list[dict[str, str | None]] = []
    for found in rule.expression.finditer(text):
        budget.spend(cost(text))
        if len(matches) == MAX_RECORDS:
            detail = f"the pattern matches more than {MAX_RECORDS} times"
            raise Undecodable(Reason.TOO_MANY_VALUES, detail)
        matches.append(found.groupdict())
    if not matches:
        raise Undecodable(Reason.UNSUPPORTED_VALUE, "the pattern does not match the payload")
    return matches


def of(rule: Rule, document: Any, budget: Budget) -> Iterator[Any]:
    """Raises `Undecodable` when there are too many."""
    if rule.each is not None:
        found: Iterator[Any] = (each.value for each in rule.each.find(document, document, budget))
    else:
        found = iter(document) if isinstance(document, list) else iter((document,))
    for at, record in enumerate(found):
        if at == MAX_RECORDS:
            detail = f"more than {MAX_RECORDS} records in one message"
            raise Undecodable(Reason.TOO_MANY_VALUES, detail)
        yield record
