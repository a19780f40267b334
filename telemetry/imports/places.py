"""The devices and series that a file's readings belong to: found, or made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from access.scope import EVERYTHING, Scope
from devices import clock, signals
from devices.changes import announce_devices
from devices.models import UID_PATTERN, Device, DeviceAlias, Site
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.readings import Key, Readings
from telemetry.models import Series
from telemetry.moments import EPOCH, to_us
from telemetry.series.events import announce_series
from telemetry.series.facts import Told, kind_of
from telemetry.series.registry import MAX_SERIES_PER_DEVICE, SeriesRegistry
from telemetry.storage import kept
from telemetry.storage.backend import backend

NUMBERS = kind_of(0.0)
MAX_REGISTERED = 10_000  # devices that one file may register


class Places:
    """Of one import. Raises what the database raises."""

    def __init__(self, options: Options, scope: Scope = EVERYTHING, by: Any = None) -> None:
        self._options, self._scope, self._by = options, scope, by
        self._devices: dict[str, int] = {}  # by uid and alias
        self.registry = SeriesRegistry()

    def missing(self, uids: Iterable[str]) -> set[str]:
        """Those of them that no device has whom the importer sees."""
        asked = {uid for uid in uids if uid not in self._devices}
        if asked:
            visible = Device.objects.visible_to(self._scope)
            aliases = DeviceAlias.objects.filter(alias__in=asked, device__in=visible)
            self._devices |= dict(aliases.values_list("alias", "device_id"))
            self._devices |= dict(visible.filter(uid__in=asked).values_list("uid", "pk"))
        return asked - self._devices.keys()

    def accepts_from_us(self, readings: Readings) -> NDArray[np.int64]:
        """The oldest time a reading of each key may have to be stored, by what is registered: what
        is not yet gets the rules of its device, or of the site it will be at. Unix us."""
        now = clock.now()
        ids = {key: self._devices.get(key.device) for key in readings.keys}
        there = Series.objects.filter(device_id__in={each for each in ids.values() if each})
        stored = {
            (device_id, metric): series_id
            for device_id, metric, series_id in there.values_list("device_id", "metric", "pk")
        }
        series = {key: stored.get((ids[key] or 0, key.metric)) for key in readings.keys}
        limits = kept.accepts_from({each for each in series.values() if each}, now)
        rules, site = kept.Rules.stored(), self._site()
        owners = {
            pk: kept.Owner(site_id, kind, pk)
            for pk, site_id, kind in Device.with_removed.filter(
                pk__in={each for each in ids.values() if each}
            ).values_list("pk", "site_id", "kind")
        }
        new = kept.Owner(None if site is None else site.pk, "")
        summed = backend().keeps_from(EPOCH)  # asked once: a key each would be a question each

        def limit(key: Key) -> datetime:
            found = series[key]
            if found is not None:
                return limits[found]
            days = rules.days(owners.get(ids[key] or 0, new))
            return max(kept.since(days, now).raw, summed)

        return np.array([to_us(limit(key)) for key in readings.keys], np.int64)

    def check_new(self, uids: set[str]) -> None:
        """Raises `NotImported` when these cannot be registered."""
        if len(uids) > MAX_REGISTERED:
            raise NotImported(f"{len(uids)} devices are missing, over {MAX_REGISTERED}.")
        for uid in sorted(uids):
            if not re.fullmatch(UID_PATTERN, uid):
                raise NotImported(
                    f"{uid[:80]!r} cannot be the uid of a device: letters, digits, '_' and '-'."
                )
        if taken := Device.taken(uids):
            raise NotImported(f"The uid {min(taken)!r} is taken by a device that was deleted.")
        site = self._site()
        if uids and not self._scope.may_administer(site.pk if site else None):
            where = f"the site {site.slug}" if site else "every site, or a site that is named"
            raise NotImported(f"To register devices needs the role administrator of {where}.")

    def register(self, uids: set[str]) -> None:
        """Make these devices. Raises `NotImported`."""
        if not uids:
            return
        self.check_new(uids)
        site = self._site()
        try:
            with transaction.atomic():
                made = [Device(uid=uid, name=uid, site=site) for uid in sorted(uids)]
                Device.objects.bulk_create(made)
                announce_devices("created", [device.pk for device in made])
                signals.tell("registered", made, self._by)
        except IntegrityError as exc:
            raise NotImported("Somebody registered one of the devices just now: again.") from exc
        self._devices |= {device.uid: device.pk for device in made}

    def of(self, readings: Readings) -> NDArray[np.int32]:
        """The series of each key; 0 where the device has no room for another."""
        self.missing(key.device for key in readings.keys)
        self.registry.refresh(clock.now().timestamp())
        devices = [self._devices[key.device] for key in readings.keys]
        self.registry.load(devices)
        textual = {text.place for text in readings.texts} - set(readings.places.tolist())
        wanted, told, kinds = {}, {}, {}
        for at, (device_id, key) in enumerate(zip(devices, readings.keys, strict=True)):
            known = self.registry.of(device_id)
            if key.metric not in known:
                sample: Any = "" if at in textual else key in readings.booleans or 0.0
                wanted[device_id, key.metric] = kind_of(sample)
                if unit := readings.units.get(key):
                    told[device_id, key.metric] = Told(unit=unit)
            elif key.metric in known.words and at not in textual:
                kinds[known[key.metric]] = NUMBERS
        self.registry.create(wanted)
        self.registry.follow(kinds)
        self.registry.describe(told)
        ids = np.array(
            [
                self.registry.of(device_id).get(key.metric, 0)
                for device_id, key in zip(devices, readings.keys, strict=True)
            ],
            np.int32,
        )
        self.registry.note_texts({int(ids[text.place]) for text in readings.texts} - {0})
        if len(readings.places):
            outgrown = self.registry.outgrown(ids[readings.places], readings.values)
            self.registry.follow(dict.fromkeys(outgrown, NUMBERS))
        if changed := self.registry.take_changed():
            rows = Series.objects.filter(pk__in=[row.id for row in changed])
            announce_series(rows.select_related("device").order_by("pk"))
        return ids

    def _site(self) -> Site | None:
        slug = self._options.site
        if not slug:
            return None
        site = Site.objects.visible_to(self._scope).filter(slug=slug).first()
        if site is None:
            raise NotImported(f"There is no site {slug!r}.")
        return site


NO_ROOM = f"its device has {MAX_SERIES_PER_DEVICE} series already"
