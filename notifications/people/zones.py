"""Time zones by their names."""

from __future__ import annotations

import zoneinfo

from notifications.errors import NotificationsError


class UnknownZone(NotificationsError):
    """No time zone has this name."""


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """Raises `UnknownZone`, also for what is no name at all."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise UnknownZone(
            f"No time zone is called {name[:60]!r}. Write one as Europe/Berlin."
        ) from exc
