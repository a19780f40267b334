"""A room of Matrix. The idempotency key is its transaction id, so nothing comes twice there."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from notifications.answer import Answer
from notifications.channels import words
from notifications.channels.fields import Facts, Field, one_word
from notifications.content import Content
from notifications.outbound import http

MAX_TEXT = 8_000  # characters; an event takes 65 KB

FIELDS = (
    Field("server", "The home server, as https://matrix.example.", complaint=http.complaint),
    Field("room", "As !abc:matrix.example; the account has to be in it.", complaint=one_word),
    Field("token", "The account's access token.", secret=True, complaint=one_word),
)


def lane(facts: Facts) -> str:
    return http.host_of(facts["server"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return http.send(request(facts, content, token))


def request(facts: Facts, content: Content, token: str) -> http.Request:
    title = f"{words.sign(content)} {words.subject(content)}"
    text = words.cut(content.words, MAX_TEXT)
    links = " · ".join(
        f'<a href="{escape(address)}">{label}</a>' for label, address in words.links(content)
    )
    html = [f"<strong>{escape(title)}</strong>", escape(text).replace("\n", "<br>"), links]
    document = {
        "msgtype": "m.text",
        "body": f"{title}\n\n{words.body(content, MAX_TEXT)}",
        "format": "org.matrix.custom.html",
        "formatted_body": "<br>".join(filter(None, html)),
    }
    room = quote(facts["room"], safe="")
    address = f"{facts['server'].rstrip('/')}/_matrix/client/v3/rooms/{room}/send/m.room.message/"
    headers = {"Authorization": f"Bearer {facts['token']}"}
    return http.of_json(address + token, document, headers, method="PUT")
