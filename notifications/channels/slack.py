"""A channel of Slack, by an incoming webhook. Mattermost and Rocket.Chat take the same."""

from __future__ import annotations

from notifications.answer import Answer
from notifications.channels import words
from notifications.channels.fields import Facts, Field
from notifications.content import Content
from notifications.outbound import http

MAX_TEXT = 2_800  # characters; a section takes 3000
COLOURS = {"critical": "#c62828", "warning": "#ef6c00", "info": "#1565c0"}
GREEN = "#2e7d32"

FIELDS = (
    Field("url", "Of the incoming webhook.", secret=True, complaint=http.complaint),
)  # fmt: skip


def lane(facts: Facts) -> str:
    return http.host_of(facts["url"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return http.send(request(facts, content, token))


def request(facts: Facts, content: Content, token: str) -> http.Request:
    links = " · ".join(f"<{_escaped(at)}|{label}>" for label, at in words.links(content))
    text = _escaped(words.cut(content.words, MAX_TEXT))
    colour = GREEN if content.what == "cleared" else COLOURS.get(content.severity, COLOURS["info"])
    document = {
        "text": f"{words.sign(content)} *{_escaped(words.subject(content))}*",
        "attachments": [{"color": colour, "text": "\n".join(filter(None, (text, links)))}],
    }
    return http.of_json(facts["url"], document, {"Idempotency-Key": token})


def _escaped(text: str) -> str:
    """As Slack asks: otherwise a device's name could be a link, or call everybody in."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
