"""What an entry tells of: what somebody said, or what the system noted."""

from __future__ import annotations

from django.db import models


class Kind(models.TextChoices):
    SAID = "said"  # by somebody; with a start, a note on charts
    # Devices
    OFFLINE = "offline"
    SILENT = "silent"
    BACK = "back"
    REGISTERED = "registered"
    EDITED = "edited"
    MOVED = "moved"  # to another site
    REMOVED = "removed"  # deleted, and may be restored for some days
    RESTORED = "restored"
    DELETED = "deleted"
    TOKEN_ROTATED = "token_rotated"  # noqa: S105  the name of a kind
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  the name of a kind
    IMPORTED = "imported"
    # What came in
    QUARANTINE_BURST = "quarantine_burst"
    REPLAY = "replay"
    READINGS_CORRECTED = "readings_corrected"  # deleted or replaced, or that was undone
    # Alerts
    ALERT_FIRED = "alert_fired"
    ALERT_ACKNOWLEDGED = "alert_acknowledged"
    ALERT_CLEARED = "alert_cleared"
    # What is set up
    SITE_CHANGED = "site_changed"
    SERIES_CHANGED = "series_changed"
    ALERT_RULE_CHANGED = "alert_rule_changed"
    DECODE_RULE_CHANGED = "decode_rule_changed"
    DERIVED_CHANGED = "derived_changed"
    SILENCE_CHANGED = "silence_changed"
    POLICY_CHANGED = "policy_changed"
    ROTA_CHANGED = "rota_changed"
    TEAM_CHANGED = "team_changed"
    CHANNEL_CHANGED = "channel_changed"
    WORDING_CHANGED = "wording_changed"


SYSTEM = frozenset(Kind) - {Kind.SAID}
