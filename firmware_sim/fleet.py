"""Who the devices are: the same fleet for the same options, in every run."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from firmware_sim.dialects import DIALECTS, Dialect
from firmware_sim.models import MODELS, Model
from firmware_sim.payload import Form

FIRST_GUEST = 3  # the kind of the first guest: a power meter, then an air quality sensor
GUESTS = 1_000_000  # their numbers begin here, so that none has a part in the opening
METRES = 0.0008  # degrees devices of one site lie apart, under 100 m


class Site(NamedTuple):
    slug: str
    name: str
    latitude: float
    longitude: float


SITES = (
    Site("harbour-plant", "Harbour plant", 53.5403, 9.9847),
    Site("north-depot", "North depot", 53.6304, 10.0063),
    Site("city-office", "City office", 53.5531, 9.9937),
    Site("hill-farm", "Hill farm", 53.3297, 9.9724),
)


class Kind(NamedTuple):
    """What all devices of one kind share."""

    prefix: str
    title: str
    maker: str
    form: Form
    tags: tuple[str, ...]
    places: tuple[str, ...]


KINDS: dict[str, Kind] = {
    "weather-station": Kind(
        "weather", "Weather", "Aerolog W3", Form.STAMPED_ARRAY, ("outdoor", "climate"),
        ("Roof, north", "Gatehouse mast", "Roof, south", "Yard"),
    ),
    "freezer": Kind(
        "freezer", "Freezer", "Nordkalt F20", Form.STAMPED, ("cold-chain", "haccp"),
        ("Cold store", "Kitchen", "Loading dock", "Laboratory"),
    ),
    "motor": Kind(
        "motor", "Motor", "Drehwerk M7", Form.STAMPED, ("rotating", "vibration"),
        ("Conveyor 1", "Pump house", "Ventilation", "Crusher"),
    ),
    "power-meter": Kind(
        "power", "Power meter", "Voltara P1", Form.FLAT, ("energy", "billing"),
        ("Main board", "Workshop board", "Server room", "Car port"),
    ),
    "air-quality": Kind(
        "air", "Air", "Klarluft A5", Form.FLAT_ARRAY, ("indoor", "climate"),
        ("Open office", "Meeting room", "Canteen", "Packing hall"),
    ),
    "tank": Kind(
        "tank", "Tank", "Pegelmat T2", Form.STAMPED_ISO, ("water", "level"),
        ("Rainwater cellar", "Process water", "Fire reserve", "Irrigation"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """One device as the operators know it."""

    uid: str
    number: int  # among those of its kind, from 1
    name: str
    site: Site
    model: type[Model]
    form: Form
    tags: tuple[str, ...]
    expected_interval: float  # seconds between two of its messages
    location: str
    latitude: float
    longitude: float
    metadata: dict[str, str]
    dialect: Dialect | None = None  # None: it speaks to Pulseboard's own topics

    @property
    def is_paired(self) -> bool:
        """Whether it sends two samples in a message."""
        return self.form is Form.STAMPED_ARRAY and self.dialect is None

    def registration(self) -> dict[str, Any]:
        """The body of this device for `POST /api/v1/devices/`."""
        return {
            "uid": self.uid,
            "name": self.name,
            "site": self.site.slug,
            "kind": self.model.kind,
            "tags": list(self.tags),
            "expected_interval": self.expected_interval,
            "location": self.location,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "metadata": {**self.metadata, "thresholds": self.thresholds()},
        }

    def thresholds(self) -> dict[str, list[dict[str, Any]]]:
        """Lines of its charts, by metric."""
        return {
            metric.name: [
                {"value": value, "op": op, "label": label} for value, op, label in metric.thresholds
            ]
            for metric in self.model.metrics
            if metric.thresholds
        }

    def series(self) -> list[dict[str, Any]]:
        """The bodies of its series for `POST /api/v1/series/`."""
        return [
            {
                "device": self.uid,
                "metric": metric.name,
                "unit": metric.unit,
                "kind": metric.kind,
                "precision": metric.precision,
            }
            for metric in self.model.metrics
        ]


def sites_named(names: Sequence[str]) -> tuple[Site, ...]:
    """The sites of these names: a known one where it is known, else one near the others."""
    known = {site.name.casefold(): site for site in SITES}
    sites = []
    for index, name in enumerate(names):
        slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
        if not slug:
            raise ValueError(f"The site name {name!r} has no letter or digit.")
        new = Site(slug, name, round(53.4 + 0.05 * index, 4), round(10.2 + 0.07 * index, 4))
        sites.append(known.get(name.casefold(), new))
    return tuple(sites)


def build_fleet(
    count: int,
    *,
    seed: int,
    rate: float,
    prefix: str = "",
    sites: Sequence[Site] = SITES,
    speak: Sequence[str] = (),
    guests: Sequence[str] = (),
) -> list[Identity]:
    """`count` devices: the kinds in turn, each round of kinds at the next site; of the dialects to
    speak each device has the next. And guests, each with a dialect of its own."""
    fleet = [
        _identity(index, seed=seed, rate=rate, prefix=prefix, sites=sites) for index in range(count)
    ]
    if speak:
        fleet = [
            replace(one, dialect=DIALECTS.get(speak[index % len(speak)]))
            for index, one in enumerate(fleet)
        ]
    return fleet + [
        _guest(number, dialect, seed=seed, rate=rate, prefix=prefix, sites=sites)
        for number, dialect in enumerate(guests)
    ]


def _guest(
    number: int, dialect: str, *, seed: int, rate: float, prefix: str, sites: Sequence[Site]
) -> Identity:
    """A device that nobody registers: what others own already, and turn on near the broker."""
    kind = FIRST_GUEST + number % (len(MODELS) - FIRST_GUEST)
    like = _identity(kind, seed=seed, rate=rate, prefix=prefix, sites=sites)
    return replace(
        like,
        uid=f"{prefix}guest-{dialect}",
        name=f"Guest · {dialect}",
        number=GUESTS + number,
        dialect=DIALECTS[dialect],
    )


def _identity(
    index: int, *, seed: int, rate: float, prefix: str, sites: Sequence[Site]
) -> Identity:
    model = MODELS[index % len(MODELS)]
    turn = index // len(MODELS)
    kind = KINDS[model.kind]
    uid = f"{prefix}{kind.prefix}-{turn + 1:03d}"
    rng = random.Random(f"{seed}/{uid}/identity")  # noqa: S311 - plausible, not secret
    site = sites[turn % len(sites)]
    place = kind.places[(turn // len(sites) + turn) % len(kind.places)]
    return Identity(
        uid=uid,
        number=turn + 1,
        name=f"{kind.title} {turn + 1} · {place}",
        site=site,
        model=model,
        form=kind.form,
        tags=(*kind.tags, "simulated"),
        expected_interval=round(1.0 / rate, 3),
        location=f"{site.name}, {place[0].lower()}{place[1:]}",
        latitude=round(site.latitude + rng.uniform(-METRES, METRES), 6),
        longitude=round(site.longitude + rng.uniform(-METRES, METRES), 6),
        metadata={
            "model": kind.maker,
            "firmware": f"{rng.randint(1, 3)}.{rng.randint(0, 9)}.{rng.randint(0, 20)}",
            "serial": f"{kind.prefix[:2].upper()}{rng.randrange(10**6):06d}",
        },
    )
