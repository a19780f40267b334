"""What a broker kept and tells whoever subscribes: when it was said, nobody knows. Pure.

A reading without a time of its own would be stored as one of this moment, which it is not. A
connection and a description are states: the last word counts, however old.
"""

from __future__ import annotations

from bridge.decode.items import Ignored, Item, Telemetry

OLD_NEWS = "retained"  # the reason it is ignored for


def without_old_news(items: list[Item]) -> list[Item]:
    """The items of a retained message without readings that have no time of their own."""
    kept: list[Item] = []
    for item in items:
        if isinstance(item, Telemetry) and any(not sample.time_us for sample in item.samples):
            item.samples = [sample for sample in item.samples if sample.time_us]
            kept.append(Ignored(OLD_NEWS, uid=item.uid))
            if not (item.samples or item.problems):
                continue
        kept.append(item)
    return kept
