"""What somebody did to devices, in the transaction that did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.dispatch import receiver

from access.small import MAX_NAMED, small
from devices.models import Device, Site
from devices.signals import device_acted, site_acted
from shiftlog.differences import in_words
from shiftlog.models import Kind
from shiftlog.record import About, Note, record_all

MAX_EACH = 10  # devices of one act that have an entry each; of more, one for each site

# By act: of one device, and of many.
TEXTS: dict[str, tuple[str, str]] = {
    "registered": ("{name} was registered.", "{n} devices were registered."),
    "imported": ("{name} was imported.", "{n} devices were imported."),
    "edited": ("{name} was changed", "{n} devices were changed"),
    "moved": ("{name} came to this site.", "{n} devices came to this site."),
    "token_rotated": ("{name} has a new token.", "{n} devices have new tokens."),
    "token_revoked": (
        "{name} has no token any more.", "{n} devices have no tokens any more."
    ),
    "removed": (
        "{name} was deleted; it can be restored.", "{n} devices were deleted; they can be restored."
    ),
    "restored": ("{name} was restored.", "{n} devices were restored."),
    "deleted": ("{name} was deleted for good.", "{n} devices were deleted for good."),
}  # fmt: skip
LEFT = ("{name} went to another site.", "{n} devices went to another site.")


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
    said = f"The site {site.name} was {act}{_what(facts)}."
    told = {"act": act, "site": site.name, **small(facts)}
    record_all([Note(kind=Kind.SITE_CHANGED, text=said, site=where, by=by, facts=told)])


def _notes(act: str, devices: Sequence[Device], by: Any, facts: dict[str, Any]) -> Iterator[Note]:
    left = _left(devices, facts)
    if left:
        changed = {
            name: value for name, value in facts.get("changed", {}).items() if name != "site"
        }
        many = {name: value for name, value in facts.get("many", {}).items() if name != "site"}
        if changed or many:
            yield from _of_all("edited", devices, by, {"changed": changed or many})
        moved = [device for device in devices if device.pk in left]
        yield from _of_all("moved", moved, by, {})
        yield from _of_those_that_left(moved, left, by)
        return
    told = {name: value for name, value in facts.items() if name not in ("many", "left")}
    if "many" in facts:
        told["changed"] = facts["many"]
    yield from _of_all(act, devices, by, told)


def _of_all(act: str, devices: Sequence[Device], by: Any, facts: dict[str, Any]) -> Iterator[Note]:
    kind = Kind.SERIES_CHANGED if "series" in facts else Kind(act)
    one, many = TEXTS[act]
    told, what = small(facts), _what(facts)
    end = f"{what}." if act == "edited" else ""
    if len(devices) <= MAX_EACH:
        for device in devices:
            text = one.format(name=device.name) + end
            yield Note(kind=kind, text=text, device=device, by=by, facts=told)
        return
    for site, there in _by_site({device.pk: device.site_id for device in devices}, devices):
        if len(there) == 1:
            yield from _of_all(act, there, by, facts)
            continue
        text = many.format(n=len(there)) + end
        facts = {**told, **_named(there)}
        yield Note(kind=kind, text=text, about=About(site), by=by, facts=facts)


def _of_those_that_left(
    moved: Sequence[Device], left: dict[int, int | None], by: Any
) -> Iterator[Note]:
    for site, gone in _by_site(left, moved):
        if site is None:
            continue
        text = LEFT[0].format(name=gone[0].name) if len(gone) == 1 else LEFT[1].format(n=len(gone))
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


def _what(facts: dict[str, Any]) -> str:
    """Of which series, and which fields."""
    of_series = f" ({facts['series']})" if "series" in facts else ""
    return of_series + in_words(facts.get("changed", {}))
