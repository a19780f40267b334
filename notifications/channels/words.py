"""The content as people read it, for channels that carry plain text; in the language that is
spoken."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext

from devices.invisible import without
from notifications.content import Content

# What stands before the subject where a channel has no colours.
SIGNS = {"critical": "🔴", "warning": "🟠", "info": "🔵"}
CLEARED = "✅"


def sign(content: Content) -> str:
    return CLEARED if content.what == "cleared" else SIGNS.get(content.severity, SIGNS["info"])


def subject(content: Content) -> str:
    """On one line: in a mail a second one would be a header."""
    return without(" ".join((content.subject or content.sentence or "Pulseboard").split()))


def links(content: Content) -> list[tuple[str, str]]:
    """(what it does, address), the most urgent first."""
    found = [
        (gettext("Acknowledge"), content.acknowledge_url),
        (pgettext("verb", "Open"), content.url),
        (gettext("Runbook"), content.runbook),
    ]
    return [(label, address) for label, address in found if address]


def body(content: Content, limit: int) -> str:
    """The text and the links below it. What is too long loses text, never a link."""
    below = "\n".join(f"{label}: {address}" for label, address in links(content))
    text = cut(content.words, limit - len(below) - 2)
    return "\n\n".join(each for each in (text, below) if each)


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
