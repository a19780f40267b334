"""What became of one attempt, whatever the kind of channel."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.models.delivery import Delivery

Outcome = Delivery.Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """The other side's answer, or why there is none."""

    outcome: Outcome
    text: str = ""  # in its own words, or ours where it said nothing
    status: int | None = None
    wait: float | None = None  # seconds it asks us to wait
    most: int | None = None  # attempts in all, where each may cost money
    gone: bool = False  # there is nobody at this address any more, and never will be
