"""E-mail, by Django, over the server of PULSEBOARD_EMAIL_URL."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email

from notifications.answer import Answer, Outcome
from notifications.channels import words
from notifications.channels.fields import Facts, Field
from notifications.content import Content
from notifications.outbound.guard import cut_at

TOTAL_SECONDS = 20.0  # of one mail; greylisting servers answer slowly
MAX_TEXT = 50_000  # characters
TRANSIENT = range(400, 500)  # replies of SMTP that say: another time


def _address(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        return "It is no e-mail address."
    return ""


FIELDS = (Field("to", "The address.", complaint=_address),)


def lane(_facts: Facts) -> str:
    return "e-mail"


def send(facts: Facts, content: Content, token: str) -> Answer:
    if not settings.EMAIL_HOST:
        return Answer(Outcome.REFUSED, "PULSEBOARD_EMAIL_URL names no server that takes e-mail.")
    backend = _Backend(timeout=TOTAL_SECONDS)
    try:
        backend.send_messages([message(facts, content, token)])
    except smtplib.SMTPRecipientsRefused as exc:
        (code, said) = next(iter(exc.recipients.values()))
        return _refused(code, said)
    except smtplib.SMTPResponseException as exc:
        return _refused(exc.smtp_code, exc.smtp_error)
    except (OSError, smtplib.SMTPException) as exc:
        return Answer(Outcome.UNANSWERED, f"Not reached: {exc or exc!r}")
    code, said = backend.taken
    return Answer(Outcome.TAKEN, said.decode(errors="replace"), code)


def message(facts: Facts, content: Content, token: str) -> EmailMessage:
    """The idempotency key is its id: mail programs show once what comes twice."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{token}@{host}>", "Auto-Submitted": "auto-generated"}
    if content.alert_id is not None:  # what is told of one alert makes one conversation
        headers["References"] = f"<alert-{content.alert_id}@{host}>"
    return EmailMessage(
        subject=f"{words.sign(content)} {words.subject(content)}",
        body=words.body(content, MAX_TEXT),
        to=[facts["to"]],
        headers=headers,
    )


def _refused(code: int, said: bytes | str) -> Answer:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return Answer(Outcome.FAILED if code in TRANSIENT else Outcome.REFUSED, text, code)


class _Backend(EmailBackend):
    """Django's, with a bound on all of it, and the server's last words."""

    taken: tuple[int, bytes] = (0, b"")

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        backend, until = self, time.monotonic() + TOTAL_SECONDS

        class Bounded(smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP):  # type: ignore[misc]
            _timer: threading.Timer | None = None

            # The one place before the greeting where there is a socket: a server may already
            # send that one byte at a time.
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                opened: socket.socket = super()._get_socket(host, port, timeout)
                self._timer = cut_at(opened, until)
                return opened

            def data(self, msg: Any) -> tuple[int, bytes]:
                backend.taken = super().data(msg)
                return backend.taken

            def close(self) -> None:
                super().close()
                if self._timer is not None:
                    self._timer.cancel()

        return Bounded
