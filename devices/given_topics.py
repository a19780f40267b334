"""Whether somebody may give a device these topics: nobody gives away the voice of a device that he
may not see."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q

from access.scope import Scope
from devices import topic_filter
from devices.models import Device
from devices.mqtt_filters import children


def check_given(scope: Scope, filters: Sequence[str], uid: str | None, site_id: int | None) -> None:
    """`uid` is of the device they are for, which stands at this site. Raises `ValidationError`."""
    for child in sorted(children(filters)):
        _check_child(scope, child, site_id)
    if not filters:
        return
    seen = Device.with_removed.visible_to(scope)
    others = Device.with_removed.exclude(mqtt_filters=[]).exclude(pk__in=seen.values("pk"))
    for theirs in others.exclude(uid=uid).values_list("mqtt_filters", flat=True):
        for each in filters:
            if any(topic_filter.overlap(each, other) for other in theirs):
                raise ValidationError(f"{each!r} names topics of a device that is not yours.")


def _check_child(scope: Scope, child: str, site_id: int | None) -> None:
    named = Device.with_removed.filter(Q(uid=child) | Q(aliases__alias=child))
    found = dict(named.values_list("pk", "site_id"))
    visible = Device.objects.visible_to(scope).filter(pk__in=found)
    if visible.count() < len(found):
        raise ValidationError(f"devices/{child}/ is not yours to give.")
    if site_id is not None and any(each != site_id for each in found.values()):
        raise ValidationError(
            f"{child} stands at another site: a gateway speaks for devices of its own."
        )
