"""Links with which whoever was told acknowledges, signed and used once; no log-in is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction

from access.scope import Scope
from devices import clock
from notifications.errors import NotificationsError
from notifications.models import Decision
from notifications.standing import Standing, source

EXPIRES = timedelta(days=7)  # after it was made
PATH = "/a/"
MAX_TOKEN = 200  # characters
_SALT = "notifications.acknowledge"


class BadLink(NotificationsError):
    """It was not made by us, or not in one piece."""


class OldLink(NotificationsError):
    """It has expired, what it was for is gone, or whom it was made for may not any more."""


def link(decision_id: int) -> str:
    """With our address before it; "" when nobody has said under which address we are reached."""
    return f"{settings.PUBLIC_URL}{PATH}{token(decision_id)}/" if settings.PUBLIC_URL else ""


def page(alert_id: int) -> str:
    """Where an alert is shown; "" likewise."""
    return f"{settings.PUBLIC_URL}/alerts/?alert={alert_id}" if settings.PUBLIC_URL else ""


def entry(entry_id: int) -> str:
    """Where an entry of the log is shown; "" likewise."""
    return f"{settings.PUBLIC_URL}/log/?entry={entry_id}" if settings.PUBLIC_URL else ""


def token(decision_id: int) -> str:
    return _signer().sign(str(decision_id))


def opened(text: str) -> tuple[Decision, Standing]:
    """What the link is for, and how that stands; changes nothing. Raises `BadLink`, `OldLink`."""
    decision = _decision(text)
    _check(decision)
    standing = source().standings([decision.alert_id]).get(decision.alert_id)
    if standing is None:
        raise OldLink("The alert is not kept any more.")
    return decision, standing


def use(text: str) -> bool:
    """Acknowledge, for whom the link was made; whether it was used now, for the first time.
    Raises `BadLink` and `OldLink`."""
    with transaction.atomic():
        decision = _decision(text, lock=True)
        if decision.link_used_at is not None:
            return False
        _check(decision)
        decision.link_used_at = clock.now()
        decision.save(update_fields=["link_used_at"])
        via = "a link" if decision.user_id else f"a link in {decision.who}"
        source().acknowledge(decision.alert_id, decision.user, via)
    return True


def may_acknowledge(user: Any, site_id: int | None) -> bool:
    """Whether this account may now what a link would do in its name."""
    return bool(user.is_active) and Scope.of(user).may_operate(site_id)


def _check(decision: Decision) -> None:
    """A link is worth what whom it was made for may do now. Of a shared channel: those who read it
    may, as long as the channel is there and switched on. Raises `OldLink`."""
    if decision.user is not None:
        # Where the alert stands was put down with it; a site that is gone stands nowhere.
        if not may_acknowledge(decision.user, decision.site_id):
            raise OldLink(f"{decision.who} may not acknowledge alerts there any more.")
    elif decision.channel is None or not decision.channel.enabled:
        raise OldLink(f"It was sent to {decision.who}, who is not told of alerts any more.")


def _decision(text: str, *, lock: bool = False) -> Decision:
    if len(text) > MAX_TOKEN:
        raise BadLink("This is no link of ours.")
    try:
        decision_id = int(_signer().unsign(text, max_age=EXPIRES))
    except SignatureExpired as exc:
        raise OldLink(f"It has expired, after {EXPIRES.days} days.") from exc
    except (BadSignature, ValueError) as exc:
        raise BadLink("This is no link of ours, or a piece of one.") from exc
    rows = Decision.objects.select_for_update(of=("self",)) if lock else Decision.objects.all()
    decision = rows.select_related("user", "channel").filter(pk=decision_id).first()
    if decision is None:
        raise OldLink("What it was sent for is not kept any more.")
    return decision


def _signer() -> TimestampSigner:
    # No colon: some mail programs end an address there.
    return TimestampSigner(salt=_SALT, sep=".")
