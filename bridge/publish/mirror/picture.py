"""What is to be on the broker now, as the database has it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from bridge.publish.mirror import topics
from bridge.publish.mirror.choice import Choice
from bridge.publish.mirror.document import Shown, Told
from devices import presence
from devices.models import Device
from devices.summary import presence_form, unix_ms
from telemetry.models import Series

logger = logging.getLogger(__name__)

MAX_SERIES = 2_000  # series of one installation that are published; the others are not
HERE = frozenset({"online", "late"})  # states of a device that is there

# Adopted from these, a device has told Home Assistant of itself.
TELL_THEMSELVES = frozenset(
    {"esphome", "homeassistant", "openmqttgateway", "tasmota", "zigbee2mqtt"}
)


class State(NamedTuple):
    """Where the newest value of a series is kept, and what values it has."""

    topic: str
    kind: str


@dataclass(slots=True)
class Picture:
    """Made anew each time."""

    availability: dict[str, bytes] = field(default_factory=dict)  # by topic
    states: dict[int, State] = field(default_factory=dict)  # by series
    devices: dict[str, Told] = field(default_factory=dict)  # by topic of the document
    shown: dict[str, list[Shown]] = field(default_factory=dict)  # by topic of the document
    components: dict[str, str] = field(default_factory=dict)  # by topic of the state

    @property
    def topics(self) -> dict[str, str]:
        """Everything that will be kept by the broker, with the component it belongs to."""
        states = (one.topic for one in self.states.values())
        plain = dict.fromkeys((*self.availability, *states, *self.devices), "")
        return plain | self.components


def of_now(choice: Choice, now: datetime) -> Picture:
    """Raises what the database raises."""
    picture = Picture()
    if not choice.is_on:
        return picture
    wanted = {
        device_id: patterns
        for device_id, uid, tags in Device.objects.order_by("id").values_list("id", "uid", "tags")
        if (patterns := choice.of_device(uid, tags))
    }
    rows = Device.objects.filter(pk__in=wanted).select_related("site", "presence")
    devices = {device.pk: device for device in rows}
    series = Series.objects.filter(device__in=devices).order_by("device_id", "id")
    for one in series.iterator():
        if not any(pattern.match(one.metric) for pattern in wanted[one.device_id]):
            continue
        if len(picture.states) == MAX_SERIES:
            logger.warning(
                "only the first %d series are published, choose fewer", MAX_SERIES,
                extra={"action": "too_many_published"},
            )  # fmt: skip
            break
        _add(picture, devices[one.device_id], one, choice.prefix, now)
    return picture


def _add(picture: Picture, device: Device, series: Series, prefix: str, now: datetime) -> None:
    topic = topics.state(device.uid, series.metric)
    picture.states[series.pk] = State(topic, series.kind)
    there = topics.availability(device.uid)
    if there not in picture.availability:
        here = device.enabled and _state(device, now) in HERE
        picture.availability[there] = topics.ONLINE if here else topics.OFFLINE
    if not prefix or device.convention in TELL_THEMSELVES:
        return
    shown = Shown(
        series.metric, series.unit, series.kind, series.precision, series.label, series.quantity
    )
    document = topics.discovery(prefix, device.uid)
    picture.devices.setdefault(document, _told(device))
    picture.shown.setdefault(document, []).append(shown)
    picture.components[topic] = shown.component


def _told(device: Device) -> Told:
    area = device.site.name if device.site else ""
    url = f"{settings.PUBLIC_URL}/devices/{device.uid}/" if settings.PUBLIC_URL else ""
    return Told(device.uid, device.name or device.uid, area, device.metadata, url)


def _state(device: Device, now: datetime) -> str:
    known = presence_form(device)
    return presence.state(
        known["connection"],
        known["since"],
        known["last_seen"],
        expected_interval=device.expected_interval,
        now=unix_ms(now) or 0,
    ).name
