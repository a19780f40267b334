"""What a proof found, as a table and as JSON."""

from __future__ import annotations

import platform
import statistics
import subprocess
from dataclasses import dataclass, field
from typing import Any

from embedded.prove.ledger import LISTED, POISON, Verdict
from embedded.prove.load import Load
from embedded.servers.mqtt import find_mosquitto
from embedded.servers.redis import find_program

VERSION_SECONDS = 10.0  # for a server to say its version


@dataclass(frozen=True, slots=True)
class Recovery:
    """One fault: seconds from its end until a message sent after it was stored, None for never."""

    fault: str
    seconds: float | None


@dataclass(slots=True)
class Result:
    """Filled while the proof runs."""

    seed: int
    stack: str
    seconds: float = 0.0
    recoveries: list[Recovery] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    peak_rss_mib: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    versions: dict[str, str] = field(default_factory=dict)
    poison: int = 0
    resent: int = 0
    refused: int = 0
    unheard: int = 0
    interrupted: bool = False

    def note(self, load: Load) -> None:
        """Take in what the ledger counted."""
        ledger = load.ledger
        self.poison = ledger.kinds.count(POISON)
        self.resent = len(ledger.sends) - ledger.sends.count(0) - ledger.sends.count(1)
        self.refused = ledger.refused
        self.unheard = len(ledger.unheard)

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.failures

    def by_fault(self) -> dict[str, list[float]]:
        """The recovery seconds of each fault that recovered."""
        found: dict[str, list[float]] = {}
        for recovery in self.recoveries:
            times = found.setdefault(recovery.fault, [])
            if recovery.seconds is not None:
                times.append(recovery.seconds)
        return dict(sorted(found.items()))

    def as_dict(self) -> dict[str, Any]:
        verdict = self.verdict
        times = [time for found in self.by_fault().values() for time in found]
        return {
            "holds": self.holds,
            "interrupted": self.interrupted,
            "sent": verdict.sent,
            "acked": verdict.acked,
            "stored": verdict.stored,
            "lost": len(verdict.lost),
            "duplicated": len(verdict.duplicated),
            "lost_numbers": verdict.lost[:LISTED],
            "duplicated_numbers": verdict.duplicated[:LISTED],
            "resent": self.resent,
            "resent_unstamped_doubles": verdict.resent_unstamped_doubles,
            "lost_by_broker": verdict.lost_by_broker,
            "doubled_by_broker": verdict.doubled_by_broker,
            "refused_by_broker": self.refused,
            "kept_for_nobody": self.unheard,
            "poison": self.poison,
            "faults": len(self.recoveries),
            "recovery_s_max": round(max(times, default=0.0), 2),
            "recovery_s_median": round(statistics.median(times), 2) if times else 0.0,
            "recovery_s": {
                name: {
                    "count": len(found),
                    "median": round(statistics.median(found), 2) if found else None,
                    "max": round(max(found), 2) if found else None,
                }
                for name, found in self.by_fault().items()
            },
            "peak_rss_mib": round(self.peak_rss_mib, 1),
            "seconds": round(self.seconds, 1),
            "seed": self.seed,
            "stack": self.stack,
            "failures": self.failures,
            "versions": self.versions,
        }

    def table(self) -> str:
        """The same for people."""
        facts = self.as_dict()
        rows = [f"{'fault':<22}{'count':>6}{'median s':>10}{'max s':>8}"]
        for name, found in facts["recovery_s"].items():
            median, longest = found["median"], found["max"]
            rows.append(f"{name:<22}{found['count']:>6}{median!s:>10}{longest!s:>8}")
        rows.append("")
        for name in ("sent", "acked", "stored", "lost", "duplicated", "resent"):
            rows.append(f"{name:<26}{facts[name]:>12}")
        for name in ("resent_unstamped_doubles", "lost_by_broker", "doubled_by_broker"):
            rows.append(f"{name:<26}{facts[name]:>12}")
        for name in ("poison", "recovery_s_max", "peak_rss_mib", "seconds", "seed"):
            rows.append(f"{name:<26}{facts[name]:>12}")
        rows += [f"FAILED: {why}" for why in dict.fromkeys(self.failures)]
        rows.append("interrupted" if self.interrupted else _conclusion(self))
        return "\n".join(rows)


def _conclusion(result: Result) -> str:
    if not result.holds:
        return "The proof FAILED."
    lost, doubled = result.verdict.lost_by_broker, result.verdict.doubled_by_broker
    if lost or doubled:
        return (
            f"The broker lost {lost} messages it had acknowledged, and delivered {doubled}"
            " again that are stored twice; every other is stored once."
        )
    return "Every acknowledged message is stored once."


def own_versions() -> dict[str, str]:
    """Of what the private stack consists, apart from Postgres, which is asked when it runs."""
    found = {"python": platform.python_version()}
    programs = {"redis": [str(find_program()), "--version"]}
    if mosquitto := find_mosquitto():
        programs["mosquitto"] = [str(mosquitto), "-h"]
    for name, command in programs.items():
        said = subprocess.run(  # noqa: S603 (the servers we run)
            command, capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        ).stdout
        found[name] = said.splitlines()[0].strip() if said else "unknown"
    return found
