"""What the simulator says: a line now and then, and the closing report."""

from __future__ import annotations

from dataclasses import fields

from firmware_sim.tally import Tally

LABELS = {
    "devices": "devices",
    "connected": "connected at the end",
    "seconds": "seconds run",
    "rate": "messages per second sent",
    "samples_produced": "measurements taken",
    "samples_acked": "  acknowledged",
    "samples_waiting": "  still in the outboxes",
    "samples_dropped": "  dropped (outbox full)",
    "samples_refused": "  refused by the broker",
    "samples_backfilled": "  from before the start",
    "readings_acked": "readings acknowledged",
    "messages_sent": "messages sent",
    "messages_acked": "  acknowledged",
    "messages_refused": "  refused by the broker",
    "messages_interrupted": "  interrupted, sent again",
    "messages_unacked": "  without acknowledgement",
    "stored_sent": "stored and forwarded",
    "late_sent": "late on purpose",
    "duplicates_sent": "duplicates on purpose",
    "malformed_sent": "malformed on purpose",
    "offline_bursts": "offline bursts",
    "connects": "connections made",
    "reconnects": "  of them reconnects",
    "connection_losses": "connections lost",
    "connect_failures": "failed attempts",
    "errors_told": "errors told by the server",
    "ticks_skipped": "measurements skipped (too slow)",
    "balanced": "the books balance",
}


def status_line(online: int, devices: int, *, rate: float, waiting: int, failure: str) -> str:
    """One line while running; it tells why devices are offline, when some are."""
    count = f"{online} devices" if online == devices else f"{online} of {devices} devices"
    line = f"sim: {count} online, {rate:.1f} msg/s, {waiting} waiting"
    if online < devices and failure:
        line += f" (last failure: {failure})"
    return line


def closing_report(
    tally: Tally, *, devices: int, connected: int, waiting: int, elapsed: float
) -> dict[str, object]:
    """Every count by name, with the two balances checked."""
    counts = {one.name: getattr(tally, one.name) for one in fields(tally)}
    reasons = dict(counts.pop("reasons"))
    unacked = (
        tally.messages_sent
        - tally.messages_acked
        - tally.messages_refused
        - tally.messages_interrupted
    )
    settled = tally.samples_acked + tally.samples_refused + tally.samples_dropped
    return {
        "devices": devices,
        "connected": connected,
        "seconds": round(elapsed, 3),
        "rate": round(tally.messages_sent / elapsed, 2) if elapsed > 0 else 0.0,
        **counts,
        "samples_waiting": waiting,
        "messages_unacked": unacked,
        "error_reasons": reasons,
        "balanced": unacked >= 0 and tally.samples_produced == settled + waiting,
    }


def as_table(report: dict[str, object]) -> str:
    """The report for people."""
    width = max(len(label) for label in LABELS.values())
    lines = ["sim: closing report"]
    for name, label in LABELS.items():
        value = report[name]
        shown = ("yes" if value else "NO") if isinstance(value, bool) else f"{value:,}"
        lines.append(f"  {label:<{width}}  {shown:>14}")
    reasons = report["error_reasons"]
    if isinstance(reasons, dict):
        lines += [f"    {reason}: {count}" for reason, count in sorted(reasons.items())]
    return "\n".join(lines)
