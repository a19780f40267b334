"""What a simulated device speaks instead of Pulseboard's own topics: `--speak NAME,…`.

One module a dialect, named for the convention that reads it, or in `VERSIONS`; to add one, add it
to `ALL`. They are written from the dialects' documentation and share no code with what reads them.
"""

from __future__ import annotations

from typing import Protocol

from firmware_sim.dialects import (
    any_json,
    aws_shadow,
    cayennelpp,
    chirpstack,
    chirpstack_v3,
    esphome,
    homeassistant,
    homie,
    homie_4,
    influx,
    meshtastic,
    openmqttgateway,
    rtl_433,
    ruuvi,
    scalar,
    senml,
    shelly,
    shelly_gen1,
    sparkplug,
    tasmota,
    telegraf,
    teltonika,
    the_things_stack,
    thingsboard,
    zigbee2mqtt,
)
from firmware_sim.dialects.publication import Publication, Speaker
from firmware_sim.models import Values

OWN = "pulseboard"  # for `--speak`: the devices' own topics


class Dialect(Protocol):
    @property
    def NAME(self) -> str: ...  # noqa: N802  (a constant of a module)

    @property
    def STAMPED(self) -> bool:  # noqa: N802
        """Whether readings tell their time: otherwise what was kept while offline is lost."""

    def announce(self, device: Speaker) -> list[Publication]:
        """What it says once it is connected: birth, discovery, presence."""

    def readings(self, device: Speaker, values: Values, time: float) -> list[Publication]:
        """One measurement (Unix seconds) as messages, never none."""

    def will(self, device: Speaker) -> Publication | None:
        """What the broker says for it when it is gone, and it itself at a clean end."""


ALL: tuple[Dialect, ...] = (
    zigbee2mqtt,
    tasmota,
    esphome,
    shelly,
    shelly_gen1,
    homie,
    homie_4,
    homeassistant,
    influx,
    telegraf,
    openmqttgateway,
    rtl_433,
    ruuvi,
    meshtastic,
    teltonika,
    aws_shadow,
    the_things_stack,
    chirpstack,
    chirpstack_v3,
    thingsboard,
    sparkplug,
    senml,
    cayennelpp,
    any_json,
    scalar,
)
# Versions of a dialect, by the name of the convention that reads them all.
VERSIONS = {
    shelly_gen1.NAME: shelly.NAME,
    homie_4.NAME: homie.NAME,
    chirpstack_v3.NAME: chirpstack.NAME,
}
DIALECTS: dict[str, Dialect] = {dialect.NAME: dialect for dialect in ALL}


def convention(name: str) -> str:
    """Who reads the dialect of that name."""
    return VERSIONS.get(name, name)
