"""A chat of Telegram, by a bot."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from notifications.answer import Answer, Outcome
from notifications.channels import words
from notifications.channels.fields import Facts, Field, one_word
from notifications.content import Content
from notifications.outbound import http

MAX_TEXT = 3_500  # characters; Telegram takes 4096

FIELDS = (
    Field("chat", "The number of the chat, or @channel.", complaint=one_word),
    Field("token", "The bot's, from @BotFather.", secret=True, complaint=one_word),
    Field(
        "server",
        "Of the bot API.",
        default="https://api.telegram.org",
        complaint=http.complaint,
    ),
)


def lane(facts: Facts) -> str:
    return http.host_of(facts["server"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return read(http.send(request(facts, content, token)))


def request(facts: Facts, content: Content, token: str) -> http.Request:
    title = f"{words.sign(content)} {words.subject(content)}"
    buttons = [{"text": label, "url": address} for label, address in words.links(content)]
    document: dict[str, Any] = {
        "chat_id": facts["chat"],
        "text": words.cut(f"{title}\n\n{content.words}", MAX_TEXT),
        "link_preview_options": {"is_disabled": True},
    }
    if buttons:
        document["reply_markup"] = {"inline_keyboard": [buttons]}
    address = f"{facts['server'].rstrip('/')}/bot{facts['token']}/sendMessage"
    return http.of_json(address, document, {"Idempotency-Key": token})


def read(answer: Answer) -> Answer:
    """It may say 200 and `"ok": false`; and how long to wait stands in the body."""
    try:
        said = json.loads(answer.text)
        wait = said.get("parameters", {}).get("retry_after")
    except (ValueError, AttributeError):
        return answer
    if answer.outcome is Outcome.TAKEN and said.get("ok") is not True:
        return replace(answer, outcome=Outcome.REFUSED)
    if answer.outcome is Outcome.FAILED and isinstance(wait, int | float):
        return replace(answer, wait=float(wait))
    return answer
