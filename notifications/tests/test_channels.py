"""Each kind of channel against a server that speaks it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from notifications.answer import Answer, Outcome
from notifications.attempt import attempt
from notifications.channels import email, sms, telegram, webhook
from notifications.channels.fields import complaints
from notifications.channels.ways import WAYS
from notifications.content import Content
from notifications.models import Channel, Kind
from notifications.tests import made
from notifications.tests.receiver import Receiver, dripping

TOKEN = "6f1c8a52-0d0a-4a0e-9a63-0d7cf5b0a001"
KEY = "a-key-of-twenty-four-characters"
LINKS = {
    "url": "https://pulse.example/alerts/12/",
    "acknowledge_url": "https://pulse.example/a/x/",
    "runbook": "https://wiki.example/freezer",
}


def told(kind: str, given: dict[str, str], content: Content | None = None) -> Answer:
    """What became of telling it on an unsaved channel of this kind."""
    fields = WAYS[kind].FIELDS
    assert complaints(fields, given) == {}
    secret = {each.name for each in fields if each.secret}
    channel = Channel(kind=kind, settings={k: v for k, v in given.items() if k not in secret})
    channel.seal({name: value for name, value in given.items() if name in secret})
    return attempt(channel, content or made.content(**LINKS), TOKEN).answer


def test_there_is_a_way_for_each_kind() -> None:
    assert list(WAYS) == list(Kind)


def test_a_webhook_is_signed_and_names_what_may_come_twice(receiver: Receiver) -> None:
    answer = told("webhook", {"url": receiver.url("/hook?x=1"), "key": KEY})
    assert (answer.outcome, answer.status, answer.text) == (Outcome.TAKEN, 200, "taken")
    (got,) = receiver.at("/hook?x=1")
    assert (got.headers["webhook-id"], got.headers["idempotency-key"]) == (TOKEN, TOKEN)
    stamp = got.headers["webhook-timestamp"]
    signed = hmac.new(KEY.encode(), f"{TOKEN}.{stamp}.".encode() + got.body, hashlib.sha256)
    expected = base64.b64encode(signed.digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert (got.json["type"], got.json["id"]) == ("alert.fired", TOKEN)
    assert Content.read(got.json["data"]) == made.content(**LINKS)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of its documents."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = webhook.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def ntfy(handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
    """What ntfy says to a message published as JSON: its checks, its codes."""
    if handler.headers.get("Authorization") != "Bearer tk_1":
        return 403, {"code": 40301, "http": 403, "error": "forbidden"}
    sent = handler.sent
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", sent.get("topic", "")):
        return 400, {"code": 40009, "http": 400, "error": "invalid request: topic invalid"}
    if sent.get("priority") not in range(1, 6):
        return 400, {"code": 40007, "http": 400, "error": "invalid priority parameter"}
    if len(sent.get("actions", [])) > 3 or any(
        each["action"] != "view" or not each["label"] or not each["url"]
        for each in sent.get("actions", [])
    ):
        return 400, {"code": 40018, "http": 400, "error": "invalid request: actions invalid"}
    return 200, {"id": "hwQ2YpKdmg", "event": "message", "topic": sent["topic"]}


@pytest.fixture
def ntfy_server(receiver: Receiver) -> Receiver:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.sent = receiver.received[-1].json
        status, said = ntfy(handler)
        receiver.answer("/said", status, json.dumps(said))
        receiver.answers["/said"](handler)

    receiver.answers["/"] = answer
    return receiver


def test_ntfy(ntfy_server: Receiver) -> None:
    given = {"server": ntfy_server.url(""), "topic": "cold-room", "token": "tk_1"}
    answer = told("ntfy", given)
    assert answer.outcome is Outcome.TAKEN
    assert json.loads(answer.text)["id"] == "hwQ2YpKdmg"
    sent = ntfy_server.received[-1].json
    assert sent["title"] == "Freezer 1: temperature is too high"
    assert sent["message"] == "Temperature −12.4 °C is above −15 °C"
    assert (sent["priority"], sent["click"]) == (5, LINKS["url"])
    assert [each["label"] for each in sent["actions"]] == ["Acknowledge", "Open", "Runbook"]
    told("ntfy", given, made.content(what="cleared", **LINKS))
    assert ntfy_server.received[-1].json["priority"] == 3
    assert told("ntfy", given | {"topic": "two!words"}).status == 400
    refused = told("ntfy", given | {"token": "tk_2"})
    assert (refused.outcome, refused.status) == (Outcome.REFUSED, 403)


def test_telegram(receiver: Receiver) -> None:
    path = "/bot99:secret-of-the-bot/sendMessage"
    given = {"server": receiver.url(""), "chat": "-100", "token": "99:secret-of-the-bot"}
    receiver.answer(path, 200, '{"ok":true,"result":{"message_id":7}}')
    assert told("telegram", given).outcome is Outcome.TAKEN
    sent = receiver.at(path)[0].json
    assert sent["chat_id"] == "-100"
    assert sent["text"].startswith("🔴 Freezer 1: temperature is too high\n\nTemperature")
    (row,) = sent["reply_markup"]["inline_keyboard"]
    assert [each["url"] for each in row] == [
        LINKS["acknowledge_url"], LINKS["url"], LINKS["runbook"],
    ]  # fmt: skip
    receiver.answer(path, 200, '{"ok":false,"description":"no such chat"}')
    assert told("telegram", given).outcome is Outcome.REFUSED
    receiver.answer(path, 429, '{"ok":false,"parameters":{"retry_after":31}}')
    answer = told("telegram", given)
    assert (answer.outcome, answer.wait) == (Outcome.FAILED, 31)
    for body in ("[]", "null", '{"parameters":null}', "", '{"parameters":{"retry_after":"x"}}'):
        assert telegram.read(Answer(Outcome.FAILED, body, 500)).wait is None


def test_slack_shows_what_a_device_is_called_and_follows_nothing_in_it(receiver: Receiver) -> None:
    content = made.content(subject="<!channel> & co", sentence="<https://evil.example|x>", **LINKS)
    assert told("slack", {"url": receiver.url("/s")}, content).outcome is Outcome.TAKEN
    sent = receiver.at("/s")[0].json
    assert sent["text"] == "🔴 *&lt;!channel&gt; &amp; co*"
    text = sent["attachments"][0]["text"]
    assert text.startswith("&lt;https://evil.example|x&gt;\n<https://pulse.example/a/x/|Ack")


def test_teams(receiver: Receiver) -> None:
    assert told("teams", {"url": receiver.url("/t")}).outcome is Outcome.TAKEN
    (attachment,) = receiver.at("/t")[0].json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    title, text = (each["inlines"][0] for each in attachment["content"]["body"])
    assert (title["text"], title["color"]) == ("Freezer 1: temperature is too high", "attention")
    assert text["text"] == "Temperature −12.4 °C is above −15 °C"
    assert [each["url"] for each in attachment["content"]["actions"]] == [
        LINKS["acknowledge_url"], LINKS["url"], LINKS["runbook"],
    ]  # fmt: skip


def test_matrix_takes_what_comes_twice_once(receiver: Receiver) -> None:
    given = {"server": receiver.url("/"), "room": "!abc:m.example", "token": "syt_1"}
    content = made.content(subject="<b>1</b>", sentence="a & b\nc", **LINKS)
    assert told("matrix", given, content).outcome is Outcome.TAKEN
    (got,) = receiver.received
    room = "/_matrix/client/v3/rooms/%21abc%3Am.example/send/m.room.message/"
    assert (got.method, got.path) == ("PUT", room + TOKEN)
    assert got.headers["authorization"] == "Bearer syt_1"
    html = got.json["formatted_body"]
    assert html.startswith("<strong>🔴 &lt;b&gt;1&lt;/b&gt;</strong><br>a &amp; b<br>c<br><a href=")


class Mailbox:
    """An SMTP server's other end, which refuses who is named so."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.hangs = False  # at its goodbye

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "451 4.7.1 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        if self.hangs:
            server.transport.abort()
        return "221 Bye"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 2.0.0 Ok: queued as 4XYZ"


class AnyPort(Controller):
    """On a port that is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.server.sockets[0].getsockname()
    settings.EMAIL_USE_TLS = False
    settings.DEFAULT_FROM_EMAIL = "Pulseboard <pulse@plant.example>"
    try:
        yield box
    finally:
        controller.stop()


def test_e_mail(mailbox: Mailbox) -> None:
    content = made.content(subject="Freezer 1:\r\nBcc: all@evil.example", **LINKS)
    answer = told("email", {"to": "ana@plant.example"}, content)
    assert (answer.outcome, answer.status) == (Outcome.TAKEN, 250)
    assert answer.text == "2.0.0 Ok: queued as 4XYZ"
    mail = message_from_bytes(mailbox.mails[0])
    assert str(make_header(decode_header(mail["Subject"]))) == (
        "🔴 Freezer 1: Bcc: all@evil.example"
    )
    assert (mail["To"], mail["Bcc"]) == ("ana@plant.example", None)
    assert mail["From"] == "Pulseboard <pulse@plant.example>"
    assert mail["Message-ID"] == f"<{TOKEN}@plant.example>"
    assert mail["References"] == "<alert-12@plant.example>"
    text = mail.get_payload(decode=True).decode()
    assert text.split() [-6:] == [
        "Acknowledge:", LINKS["acknowledge_url"], "Open:", LINKS["url"], "Runbook:",
        LINKS["runbook"],
    ]  # fmt: skip


def test_e_mail_that_is_refused_or_put_off(mailbox: Mailbox) -> None:
    refused = told("email", {"to": "nobody@plant.example"})
    assert (refused.outcome, refused.status) == (Outcome.REFUSED, 550)
    assert "no such mailbox" in refused.text
    later = told("email", {"to": "later@plant.example"})
    assert (later.outcome, later.status) == (Outcome.FAILED, 451)
    assert mailbox.mails == []


def test_a_mail_that_was_taken_is_taken_though_the_goodbye_fails(mailbox: Mailbox) -> None:
    mailbox.hangs = True
    answer = told("email", {"to": "ana@plant.example"})
    assert (answer.outcome, len(mailbox.mails)) == (Outcome.TAKEN, 1)


def test_a_mail_server_that_drips_is_left_at_the_end_of_its_time(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any of its bytes comes within the time-out of the socket, all of them never."""
    monkeypatch.setattr(email, "TOTAL_SECONDS", 0.5)
    settings.EMAIL_USE_TLS = False
    with dripping(b"220-") as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        assert told("email", {"to": "ana@plant.example"}).outcome is Outcome.UNANSWERED


def test_e_mail_without_a_server_says_which_setting(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    answer = told("email", {"to": "ana@plant.example"})
    assert (answer.outcome, "PULSEBOARD_EMAIL_URL" in answer.text) == (Outcome.REFUSED, True)


@pytest.mark.process
def test_sms_by_a_gateway_of_apprise(receiver: Receiver, settings: Any) -> None:
    given = {"url": f"smseagle://{'t' * 20}@127.0.0.1:{receiver.port}/+491701234567"}
    receiver.answer("/jsonrpc/sms", 200, '{"result":{"message_id":"7","status":"ok"}}')
    answer = told("sms", given)
    assert (answer.outcome, answer.most) == (Outcome.TAKEN, sms.MOST_TRIES), answer
    assert answer.text == "Sent 1 SMSEagle phone notification to +491701234567."
    body = receiver.received[-1].json
    assert "Freezer 1: temperature is too high. Temperature −12.4 °C" in json.dumps(
        body, ensure_ascii=False
    )
    taken = len(receiver.received)
    settings.NOTIFY_ALLOW = []
    answer = told("sms", given)
    assert (answer.outcome, "PULSEBOARD_NOTIFY_ALLOW" in answer.text) == (Outcome.REFUSED, True)
    assert len(receiver.received) == taken


def test_no_other_kind_of_apprise_is_taken() -> None:
    for url in ("dbus://", "syslog://", "json://127.0.0.1/", "mailto://a:b@c.example", "twilio"):
        assert "url" in complaints(sms.FIELDS, {"url": url})
    assert complaints(sms.FIELDS, {"url": "twilio://a:b@1/2?Redirect=yes"})


def test_a_text_message_is_short_and_keeps_its_link() -> None:
    text = sms.text(made.content(sentence="long " * 200, **LINKS))
    assert len(text) <= sms.MAX_TEXT
    assert text.endswith("… https://pulse.example/a/x/")
