"""What was done to devices and sites, in the audit log: an entry for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from access import audit
from access.audit import Of
from devices.models import Device, Site
from devices.signals import OF_MANY, device_acted, site_acted


@receiver(device_acted, dispatch_uid="devices.audited_device")
def note_device_act(
    act: str, devices: Sequence[Device], by: Any, facts: dict[str, Any], **_kwargs: Any
) -> None:
    before, after = _differences(facts)
    own = facts.get("each", {})
    things = [Of("device", each.uid, each.name, each.site_id, own.get(each.pk)) for each in devices]
    audit.record_all(by, f"device.{act}", things, before, after)


@receiver(site_acted, dispatch_uid="devices.audited_site")
def note_site_act(act: str, site: Site, by: Any, facts: dict[str, Any], **_kwargs: Any) -> None:
    before, after = _differences(facts)
    audit.record(by, f"site.{act}", Of("site", site.slug, site.name, site.pk), before, after)


def _differences(facts: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Facts name what changed from what to what, of many devices what was asked of them."""
    changed = facts.get("changed", {})
    rest = {name: each for name, each in facts.items() if name not in ("changed", *OF_MANY)}
    before = {name: was for name, (was, _) in changed.items()}
    after = {name: now for name, (_, now) in changed.items()}
    return before or None, {**rest, **after, **facts.get("many", {})} or None
