"""A text message by one of the gateways that Apprise speaks to.

Apprise resolves, connects and waits as it likes, so it runs in a process of its own, where each
connection is checked and which is ended when it takes too long (docs/decisions has why).
"""

from __future__ import annotations

import json
import subprocess
import sys

from django.conf import settings

from notifications.answer import Answer, Outcome
from notifications.channels import words
from notifications.channels.fields import Facts, Field
from notifications.content import Content

TOTAL_SECONDS = 30.0  # of one message, with the start of the process
# Attempts of one message: a gateway that sent it and answers oddly charges each.
MOST_TRIES = 3
MAX_TEXT = 320  # characters: three parts, a part of Unicode has 67 to 153

# The gateways of Apprise. Not its other kinds: some run programs and write files.
GATEWAYS = frozenset({
    "46elks", "acs", "atalk", "bulksms", "bulkvs", "burstsms", "clickatell", "clicksend", "cm",
    "d7sms", "elks", "exotel", "freemobile", "httpsms", "infobip", "kavenegar", "kudosity",
    "mobilemessage", "msg91", "msgbird", "nexmo", "notifyre", "octopush", "plivo", "ringc",
    "serwersms", "seven", "sfr", "sinch", "smsc", "smseagle", "smseagles", "smsmanager",
    "smstunnel", "sns", "telesign", "telnyx", "threema", "twilio", "voipms", "vonage",
})  # fmt: skip


def _gateway(value: str) -> str:
    scheme, found, rest = value.partition("://")
    if not found or scheme.lower() not in GATEWAYS:
        return f"It begins with the name of a gateway: {', '.join(sorted(GATEWAYS))}."
    if "redirect=" in rest.lower():
        return "Redirects are not followed."
    return ""


FIELDS = (
    Field(
        "url",
        "As Apprise writes it: twilio://account:token@from/to.",
        secret=True,
        complaint=_gateway,
    ),
)


def lane(facts: Facts) -> str:
    return f"sms {facts['url'].partition('://')[0].lower()}"


def text(content: Content) -> str:
    """The subject and what happened; the one link that helps on a phone."""
    link = content.acknowledge_url or content.url
    said = words.cut(f"{words.subject(content)}. {content.words}", MAX_TEXT - len(link) - 1)
    return f"{said} {link}".strip()


def send(facts: Facts, content: Content, token: str) -> Answer:  # noqa: ARG001 (no gateway has one)
    task = {
        "url": facts["url"],
        "text": text(content),
        "allowed": [str(each) for each in settings.NOTIFY_ALLOW],
    }
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "notifications.channels.sms_process"],
            input=json.dumps(task), capture_output=True, text=True, timeout=TOTAL_SECONDS,
            cwd=settings.BASE_DIR, check=False,
            # Nothing of ours: no key, no address of a server, no proxy that would resolve for it.
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        said = f"No answer within {TOTAL_SECONDS:.0f} s."
        return Answer(Outcome.UNANSWERED, said, most=MOST_TRIES)
    return read(ended.stdout, ended.stderr)


def read(told: str, stderr: str) -> Answer:
    """What the process said. A gateway that refuses and one that is away look the same through
    Apprise, so both are tried again."""
    try:
        said = json.loads(told)
    except ValueError:
        said = f"The process that sends it failed: {stderr[-300:]}"
        return Answer(Outcome.FAILED, said, most=MOST_TRIES)
    if said["forbidden"]:
        text = "It leads into an inner network; PULSEBOARD_NOTIFY_ALLOW does not name it."
        return Answer(Outcome.REFUSED, text)
    if said["unreadable"]:
        return Answer(Outcome.REFUSED, "Apprise cannot read the address.")
    outcome = Outcome.TAKEN if said["sent"] else Outcome.FAILED
    return Answer(outcome, said["said"], most=MOST_TRIES)
