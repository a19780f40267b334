"""What events there are, as the channel layer carries them and viewers are told them."""

from __future__ import annotations

# Of a channel message, not for browsers.
ENVELOPE = frozenset({"type", "event", "site", "left", "to"})
EVENTS = frozenset(
    {
        "device", "presence", "series", "quarantine", "pipeline", "rules", "inbox", "alert",
        "alert_rules", "silences", "notifications", "derived", "views", "cards", "corrections",
        "account", "people", "import", "listening", "quarantine_left", "site", "log", "log_here",
        "log_read", "audit", "retention",
    }
)  # fmt: skip
