"""Words that somebody has written for a kind of notification, in place of ours."""

from __future__ import annotations

from django.db import models

from access.scope import AtNoSite
from devices.line import Line
from devices.stamps import ChangedAt
from notifications.people.template import MAX_SUBJECT, MAX_TEXT


class Wording(AtNoSite):
    """`notifications.people.template` reads both."""

    what = models.CharField(max_length=10, unique=True)  # as Content.what
    subject = Line(max_length=MAX_SUBJECT)
    text = models.CharField(max_length=MAX_TEXT)
    updated_at = ChangedAt()

    class Meta:
        ordering = ["what"]

    def __str__(self) -> str:
        return self.what
