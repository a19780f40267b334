"""What somebody did to devices, in the transaction that did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.dispatch import receiver

from access.small import MAX_NAMED, small
from devices.models import Device, Site
from devices.signals import OF_MANY, device_acted, site_acted
from shiftlog.differences import ACTS, with_changes
from shiftlog.models import Kind
from shiftlog.record import About, Note, record_all
from telemetry.series.said import Said, marked, say

MAX_EACH = 10  # devices of one act that have an entry each; of more, one for each site

# By act: of one device, and of many.
TEXTS: dict[str, tuple[str, str]] = {
    "registered": (marked("{name} was registered."), marked("{n} devices were registered.")),
    "imported": (marked("{name} was imported."), marked("{n} devices were imported.")),
    "edited": (marked("{name} was changed"), marked("{n} devices were changed")),
    "moved": (marked("{name} came to this site."), marked("{n} devices came to this site.")),
    "token_rotated": (
        marked("{name} has a new token."), marked("{n} devices have new tokens.")
    ),
    "token_revoked": (
        marked("{name} has no token any more."), marked("{n} devices have no tokens any more.")
    ),
    "removed": (
        marked("{name} was deleted; it can be restored."),
        marked("{n} devices were deleted; they can be restored."),
    ),
    "restored": (marked("{name} was restored."), marked("{n} devices were restored.")),
    "deleted": (
        marked("{name} was deleted for good."), marked("{n} devices were deleted for good.")
    ),
}  # fmt: skip
LEFT = (marked("{name} went to another site."), marked("{n} devices went to another site."))


@receiver(device_acted, dispatch_uid="shiftlog.device_acted")
def note_device_act(
    act: str, devices: Sequence[Device], by: Any, facts: dict[str, Any], **_kwargs: Any
) -> None:
    """An entry where each device stands; of one that moved, one where it stood as well. Neither
    says of the other which site that is: its readers may not see it."""
    record_all(_notes(act, devices, by, facts))


@receiver(site_acted, dispatch_uid="shiftlog.site_acted")
def note_site_act(act: str, site: Site, by: Any, facts: dict[str, Any], **_kwargs: Any) -> None:
    where = None if act == "deleted" else site
    thing = say("The site {name}", name=site.name)
    said = with_changes(ACTS[act], facts.get("changed", {}), thing=thing)
    told = {"act": act, "site": site.name, **small(facts)}
    record_all([Note(kind=Kind.SITE_CHANGED, text=said, site=where, by=by, facts=told)])


def _notes(act: str, devices: Sequence[Device], by: Any, facts: dict[str, Any]) -> Iterator[Note]:
    left = _left(devices, facts)
    told = {name: value for name, value in facts.items() if name not in OF_MANY}
    if left:
        changed = {
            name: value for name, value in facts.get("changed", {}).items() if name != "site"
        }
        many = {name: value for name, value in facts.get("many", {}).items() if name != "site"}
        if act == "imported":
            yield from _of_all(act, devices, by, told)
        elif changed or many:
            yield from _of_all("edited", devices, by, {"changed": changed or many})
        moved = [device for device in devices if device.pk in left]
        yield from _of_all("moved", moved, by, {})
        yield from _of_those_that_left(moved, left, by)
        return
    if "many" in facts:
        told["changed"] = facts["many"]
    yield from _of_all(act, devices, by, told)


def _of_all(act: str, devices: Sequence[Device], by: Any, facts: dict[str, Any]) -> Iterator[Note]:
    kind = Kind.SERIES_CHANGED if "series" in facts else Kind(act)
    one, many = TEXTS[act]
    told = small(facts)
    if len(devices) <= MAX_EACH:
        for device in devices:
            text = _said(act, one, facts, name=device.name)
            yield Note(kind=kind, text=text, device=device, by=by, facts=told)
        return
    for site, there in _by_site({device.pk: device.site_id for device in devices}, devices):
        if len(there) == 1:
            yield from _of_all(act, there, by, facts)
            continue
        text = _said(act, many, facts, n=len(there))
        facts = {**told, **_named(there)}
        yield Note(kind=kind, text=text, about=About(site), by=by, facts=facts)


def _of_those_that_left(
    moved: Sequence[Device], left: dict[int, int | None], by: Any
) -> Iterator[Note]:
    for site, gone in _by_site(left, moved):
        if site is None:
            continue
        one, many = LEFT
        text = Said(one, {"name": gone[0].name}) if len(gone) == 1 else Said(many, {"n": len(gone)})
        facts = {"left": True, **_named(gone)}
        yield Note(kind=Kind.MOVED, text=text, about=About(site), by=by, facts=facts)


def _left(devices: Sequence[Device], facts: dict[str, Any]) -> dict[int, int | None]:
    """Of those that moved, the id of the site where each stood."""
    if "left" in facts:
        left: dict[int, int | None] = facts["left"]
        return {each.pk: left[each.pk] for each in devices if left[each.pk] != each.site_id}
    if "site" not in facts.get("changed", {}):
        return {}
    slug = facts["changed"]["site"][0]
    before = Site.objects.filter(slug=slug).values_list("pk", flat=True).first() if slug else None
    return dict.fromkeys((each.pk for each in devices), before)


def _by_site(
    sites: dict[int, int | None], devices: Sequence[Device]
) -> Iterator[tuple[int | None, list[Device]]]:
    there: dict[int | None, list[Device]] = defaultdict(list)
    for device in devices:
        there[sites[device.pk]].append(device)
    yield from there.items()


def _named(devices: Sequence[Device]) -> dict[str, Any]:
    return {"devices": len(devices), "uids": [device.uid for device in devices[:MAX_NAMED]]}


def _said(act: str, what: str, facts: dict[str, Any], **values: Any) -> Said:
    """Of an edit also of which series, and which fields."""
    if act != "edited":
        return Said(what, values)
    changed = facts.get("changed", {})
    if "series" not in facts:
        return with_changes(what, changed, **values)
    of_series = marked("{change} ({series})")
    return with_changes(of_series, changed, change=Said(what, values), series=facts["series"])
