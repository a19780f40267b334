"""What must hold for an alert: documents that are read and checked, and judged step by step. Pure.

    condition = read({"type": "threshold", "op": "above", "limit": -15, "for": 300})
    memory, changes = condition.step(Memory(), times_us, values, now_us)

docs/alerts.md has every document. `Screen` says which of many targets need a step at all.
"""

from alerts.conditions.condition import Calm, Condition
from alerts.conditions.document import read
from alerts.conditions.facts import Facts
from alerts.conditions.judged import NEVER, Subject, Takes
from alerts.conditions.memory import Change, Memory, State, Value
from alerts.conditions.problems import InvalidCondition
from alerts.conditions.schedule import Schedule
from alerts.conditions.screen import Screen, Stirred
from alerts.conditions.sentence import describe, described, said, sentence

__all__ = [
    "NEVER",
    "Calm",
    "Change",
    "Condition",
    "Facts",
    "InvalidCondition",
    "Memory",
    "Schedule",
    "Screen",
    "State",
    "Stirred",
    "Subject",
    "Takes",
    "Value",
    "describe",
    "described",
    "read",
    "said",
    "sentence",
]
