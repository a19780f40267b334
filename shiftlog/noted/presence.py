"""Devices that were lost and those that are back, in the transaction that finds it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.dispatch import receiver

from access.small import MAX_NAMED
from devices import clock
from devices.models import Device
from devices.signals import PresenceChange, presence_changed
from shiftlog.models import Entry, Kind
from shiftlog.record import About, Note, record_all
from telemetry.moments import to_ms
from telemetry.series.said import Said, marked

MAX_EACH = 5  # devices of one site, found at once, that have an entry each; of more, one for all
MAX_AN_HOUR = 6  # entries of one device; the last of them says that it comes and goes

KINDS = (Kind.OFFLINE, Kind.SILENT, Kind.BACK)
# By state: of one device, and of many.
TEXTS: dict[str, tuple[str, str]] = {
    "offline": (marked("{name} is offline."), marked("{n} devices are offline.")),
    "silent": (marked("{name} is silent."), marked("{n} devices are silent.")),
    "back": (marked("{name} is back."), marked("{n} devices are back.")),
}
FLAPS = marked("{what} It comes and goes: for an hour no more is noted of it.")


@receiver(presence_changed, dispatch_uid="shiftlog.presence_changed")
def note_presence(changes: Sequence[PresenceChange], **_kwargs: Any) -> None:
    told = [each for each in changes if each.state in TEXTS]
    devices = Device.objects.in_bulk([each.device_id for each in told])
    noted = _noted_lately(list(devices))
    alike: dict[tuple[int | None, str], list[PresenceChange]] = defaultdict(list)
    for each in told:
        device = devices.get(each.device_id)
        if device is not None and noted[device.pk] < MAX_AN_HOUR:
            alike[device.site_id, each.state].append(each)
    record_all(
        note
        for (site, state), found in alike.items()
        for note in _notes(site, state, found, devices, noted)
    )


def _notes(
    site: int | None,
    state: str,
    found: list[PresenceChange],
    devices: dict[int, Device],
    noted: Counter[int],
) -> Iterator[Note]:
    one, many = TEXTS[state]
    if len(found) > MAX_EACH:
        first = min(each.at for each in found)
        names = [devices[each.device_id].uid for each in found]
        facts = {"devices": len(found), "uids": names[:MAX_NAMED]}
        text = Said(many, {"n": len(found)})
        yield Note(kind=Kind(state), text=text, about=About(site), at=first, facts=facts)
        return
    for each in found:
        device = devices[each.device_id]
        flaps = noted[device.pk] == MAX_AN_HOUR - 1
        said = Said(one, {"name": device.name})
        yield Note(
            kind=Kind(state),
            text=Said(FLAPS, {"what": said}) if flaps else said,
            device=device,
            at=each.at,
            key=f"presence-{device.pk}-{state}-{to_ms(each.at)}",
            facts={"before": None if each.before is None else to_ms(each.before), "flaps": flaps},
        )


def _noted_lately(ids: list[int]) -> Counter[int]:
    """How often each was noted within the last hour."""
    since = clock.now() - timedelta(hours=1)
    lately = Entry.objects.filter(device__in=ids, kind__in=KINDS, created_at__gte=since)
    return Counter(dict(lately.order_by().values_list("device").annotate(Count("pk"))))
