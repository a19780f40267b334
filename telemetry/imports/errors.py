"""Why a file is not imported."""

from __future__ import annotations

from collections.abc import Sequence

from telemetry.errors import TelemetryError


class NotImported(TelemetryError):
    """The file cannot be read as it is told, or must not be stored so. The message says what to do.
    What was stored before stays, and the import can be continued."""

    columns: Sequence[str] = ()  # of the file, where these were read
