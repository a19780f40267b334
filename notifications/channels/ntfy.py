"""ntfy: a topic at ntfy.sh or on a server of one's own."""

from __future__ import annotations

from notifications.answer import Answer
from notifications.channels import words
from notifications.channels.fields import Facts, Field, one_word
from notifications.content import Content
from notifications.outbound import http

MAX_TEXT = 1_200  # characters; ntfy makes a file of more than 4096 bytes
PRIORITIES = {"critical": 5, "warning": 4, "info": 3}
TAGS = {"critical": "rotating_light", "warning": "warning", "info": "information_source"}

FIELDS = (
    Field("server", "Its address.", default="https://ntfy.sh", complaint=http.complaint),
    Field("topic", "Who knows it can read along.", complaint=one_word),
    Field("token", "An access token.", secret=True, default="", complaint=one_word),
)


def lane(facts: Facts) -> str:
    return http.host_of(facts["server"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return http.send(request(facts, content, token))


def request(facts: Facts, content: Content, token: str) -> http.Request:
    cleared = content.what == "cleared"
    document = {
        "topic": facts["topic"],
        "title": words.cut(words.subject(content), 200),
        "message": words.cut(content.words, MAX_TEXT),
        "priority": 3 if cleared else PRIORITIES.get(content.severity, 3),
        "tags": ["white_check_mark" if cleared else TAGS.get(content.severity, "bell")],
        "actions": [
            {"action": "view", "label": label, "url": address}
            for label, address in words.links(content)
        ],
    }
    if content.url:
        document["click"] = content.url
    headers = {"Idempotency-Key": token}
    if facts.get("token"):
        headers["Authorization"] = f"Bearer {facts['token']}"
    return http.of_json(facts["server"], document, headers)
