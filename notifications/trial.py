"""The test button: tells something now, whatever waits, and says what the other side answered."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.utils.translation import get_language, gettext

from devices import clock
from notifications import deliveries
from notifications.attempt import attempt
from notifications.content import Content
from notifications.models import Channel, Delivery, Notification


def trial(channel: Channel, user_id: int | None) -> Delivery | None:
    """One attempt, in the delivery log like any other. None: the channel's log went meanwhile."""
    content = Content(
        what="test",
        subject=gettext("Test from Pulseboard"),
        sentence=gettext("This is a test of the channel {name}. Nothing is wrong.").format(
            name=channel.name
        ),
        url=settings.PUBLIC_URL,
        language=get_language() or "",
    )
    token, now = uuid4(), clock.now()
    made = attempt(channel, content, str(token))
    # Over from its beginning, so that no sender takes it.
    notification = Notification.objects.create(
        key=f"test-{token}",
        token=token,
        channel=Channel.objects.filter(pk=channel.pk).first(),
        channel_name=channel.name,
        kind=channel.kind,
        user_id=user_id,
        severity=content.severity,
        content=content.as_json(),
        state=Notification.State.FAILED,
        due_at=now,
        try_at=now,
        ended_at=now,
    )
    return deliveries.record(notification, made, once=True)
