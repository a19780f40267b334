"""Tell open pages what became of alerts and silences, after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alerts.form import alert_form, with_all
from alerts.models import Alert, Silence
from devices.events import announce_after_commit
from telemetry.live import contract

MAX_ANNOUNCED = 200  # alerts told one by one; of more, pages read the list again


def announce_alerts(ids: Iterable[int]) -> None:
    """After commit, tell of these alerts as they then are. Call it in the transaction that changed
    them; a page that missed it reads them when it reconnects."""
    changed = sorted(set(ids))
    if changed:
        announce_after_commit(lambda: _events(changed))


def _events(ids: list[int]) -> list[dict[str, Any]]:
    if len(ids) > MAX_ANNOUNCED:
        sites = Alert.objects.filter(pk__in=ids).order_by("site").values_list("site").distinct()
        return [contract.event("alert", site=site, alert=None) for (site,) in sites]
    found = with_all(Alert.objects.filter(pk__in=ids)).order_by("id")
    return [contract.event("alert", site=one.site_id, alert=alert_form(one)) for one in found]


def announce_silences(silence: Silence) -> None:
    """After commit, have pages read the silences again."""
    site = silence.site_id if silence.device is None else silence.device.site_id
    announce_after_commit(lambda: [contract.event("silences", site=site)])
