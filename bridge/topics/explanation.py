"""Which rule or convention reads a message, and why the others do not."""

from __future__ import annotations

from typing import Any

from bridge import decode, listening
from bridge.decode import Convention, Decoder
from bridge.decode.conventions import homeassistant, own, unread
from bridge.decode.items import Problem, Reason, Rejected
from bridge.decode.rules import NAME as RULES
from bridge.decode.state import Facts
from bridge.message import Message
from bridge.rules.preview import outcome, told
from devices import topic_filter

MAX_SHOWN = 3  # filters named of a convention


def explained(message: Message, topic: str, facts: Facts) -> dict[str, Any]:
    """Who reads it, what it says, and of each convention its claim (0 to 100) and a sentence."""
    decoder = listening.decoder(facts)
    items = decoder.decode(message)
    rules = [match.rule.name for match in facts.rules.matching(topic)]
    claims = {each.NAME: _claim(each, topic, message.payload) for each in decode.CONVENTIONS}
    on = {each.NAME for each in listening.conventions()}
    reader = RULES if rules else _reader(decoder, message)
    conventions = [
        {
            "name": each.NAME,
            "claim": claims[each.NAME],
            "why": _why(each, topic, claims[each.NAME], reader, on),
        }
        for each in decode.CONVENTIONS
        if each is not own
    ]
    shown = outcome(items)
    if reader == unread.NAME and not any(isinstance(each, Rejected) for each in items):
        # Said with the first messages of a topic only, which is no reason to keep it from who asks.
        uid, advice = unread.meant(topic)
        shown["problems"].append(told(uid, Problem(Reason.UNKNOWN_TOPIC, advice)))
    return {"reader": reader, "rules": rules, "conventions": conventions, **shown}


def _reader(decoder: Decoder, message: Message) -> str:
    try:
        return decoder.reader(message)
    except Exception:  # noqa: BLE001  (what it failed with is told as the message's problem)
        return ""


def _claim(convention: Convention, topic: str, payload: bytes) -> int:
    try:
        return convention.matches(topic, payload)
    except Exception:  # noqa: BLE001  (a mistake of one is contained where it decodes, too)
        return 0


def _why(convention: Convention, topic: str, claim: int, reader: str, on: set[str]) -> str:
    if convention.NAME not in on:
        return "It is switched off."
    if reader == convention.NAME:
        return "It reads this message."
    if claim:
        return _beaten(convention, claim, reader)
    if any(topic_filter.matches(each, topic) for each in convention.FILTERS):
        return "The topic could be its own, the payload is not in its form."
    if not convention.FILTERS:
        return "The topic is none of its own."
    more = len(convention.FILTERS) - MAX_SHOWN
    shown = ", ".join(convention.FILTERS[:MAX_SHOWN])
    return f"The topic is none of its own: {shown}{f' and {more} more' if more > 0 else ''}."


def _beaten(convention: Convention, claim: int, reader: str) -> str:
    if reader == RULES:
        return "A rule comes first."
    if convention is unread:
        return "It takes only what no other reads."
    if reader == homeassistant.NAME:
        return "A device announced this topic to Home Assistant."
    return f"It is {claim} of 100 certain; another is more, or comes before it."
