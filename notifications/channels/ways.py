"""The kinds of channels: for each what it has to be told, and how it sends."""

from __future__ import annotations

from typing import Protocol

from notifications.answer import Answer
from notifications.channels import (
    email,
    matrix,
    ntfy,
    slack,
    sms,
    teams,
    telegram,
    web_push,
    webhook,
)
from notifications.channels.fields import Facts, Field, completed
from notifications.content import Content
from notifications.models import Channel, Kind


class Way(Protocol):
    """A module of `notifications.channels`."""

    @property
    def FIELDS(self) -> tuple[Field, ...]: ...  # noqa: N802

    def lane(self, facts: Facts) -> str:
        """Whose server answers: its name."""

    def send(self, facts: Facts, content: Content, token: str) -> Answer:
        """Tell it, and wait for the answer as long as the kind allows. `token` is the same for
        each attempt."""


WAYS: dict[str, Way] = {
    Kind.WEBHOOK: webhook,
    Kind.EMAIL: email,
    Kind.NTFY: ntfy,
    Kind.TELEGRAM: telegram,
    Kind.SLACK: slack,
    Kind.TEAMS: teams,
    Kind.MATRIX: matrix,
    Kind.SMS: sms,
    Kind.WEB_PUSH: web_push,
}


def facts(channel: Channel) -> dict[str, str]:
    """What its way is told. Raises `sealed.Unreadable`."""
    return completed(WAYS[channel.kind].FIELDS, {**channel.settings, **channel.secrets()})
