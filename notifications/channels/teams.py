"""A channel of Microsoft Teams, by a workflow's webhook: an adaptive card."""

from __future__ import annotations

from typing import Any

from notifications.answer import Answer
from notifications.channels import words
from notifications.channels.fields import Facts, Field
from notifications.content import Content
from notifications.outbound import http

MAX_TEXT = 6_000  # characters; a message takes 28 KB
COLOURS = {"critical": "attention", "warning": "warning", "info": "accent"}

FIELDS = (
    Field("url", "Of the workflow.", secret=True, complaint=http.complaint),
)  # fmt: skip


def lane(facts: Facts) -> str:
    return http.host_of(facts["url"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return http.send(request(facts, content, token))


def request(facts: Facts, content: Content, token: str) -> http.Request:
    colour = "good" if content.what == "cleared" else COLOURS.get(content.severity, "accent")
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _block(words.subject(content), weight="bolder", size="medium", color=colour),
            _block(words.cut(content.words, MAX_TEXT)),
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": label, "url": address}
            for label, address in words.links(content)
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    document = {"type": "message", "attachments": [attachment]}
    return http.of_json(facts["url"], document, {"Idempotency-Key": token})


def _block(text: str, **more: str) -> dict[str, Any]:
    """Rich text: a text block reads Markdown, where a device's name could be a link."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **more}]}
