"""What a message's devices are refused, and what of it is kept in quarantine. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict

from bridge.commit.batch_rows import Rows, Verdict
from bridge.decode.items import Problem, Reason, Rejected
from bridge.intake.batch import Batch
from bridge.intake.instants import on_replay_lane
from bridge.message import Message
from bridge.mqtt.properties import describe, safe_text
from telemetry.storage import store


def refuse_device(rows: Rows, index: int, message: Message, uid: str, problem: Problem) -> None:
    """Nothing is used of what the message says of this device."""
    rows.by_device.setdefault(index, {}).setdefault(uid, Verdict(True))
    keep(rows, index, message, uid, [problem])


def without_counted(rows: Rows, batch: Batch, indexes: list[int]) -> list[int]:
    """Those of the messages of which more is to be done than to count them. Of a flood there are
    thousands, of which all the same is said, and each would cost more than one that is stored."""
    left, counted, says = [], defaultdict[int, list[int]](list), batch.items
    for index in indexes:
        item = says[index][0]
        if item.__class__ is Rejected and not item.kept and len(says[index]) == 1:
            counted[id(item)].append(index)
        else:
            left.append(index)
    for alike in counted.values():
        item = says[alike[0]][0]
        if isinstance(item, Rejected):
            _count_refused(rows, batch, alike, item)
    return left


def _count_refused(rows: Rows, batch: Batch, indexes: list[int], item: Rejected) -> None:
    """Nothing is used of these, nor kept: they are counted by topic."""
    problem, messages = item.problem, batch.messages
    # One verdict for all: nothing is added to that of a message without readings.
    verdict = {item.uid: Verdict(True, [problem])}
    rows.by_device |= dict.fromkeys(indexes, verdict)
    rows.rejected.update(indexes)
    if problem.reason is Reason.OVER_LIMIT:
        rows.over_limit += len(indexes)
    for topic, count in Counter([messages[index].topic for index in indexes]).items():
        rows.ignored[problem.reason.value, safe_text(topic)] += count


def refuse_message(batch: Batch, index: int, problem: Problem) -> Rows:
    """Rows that put one message into quarantine, because the database would not take it."""
    rows = Rows(index, index + 1, counts=[0])
    for uid in batch.uids_of(index):
        refuse_device(rows, index, batch.messages[index], uid, problem)
    rows.rejected.add(index)
    rows.batch.quarantined = [with_stamp(each, batch) for each in rows.batch.quarantined]
    return rows


def keep(
    rows: Rows,
    index: int,
    message: Message,
    uid: str,
    problems: list[Problem],
    *,
    partial: bool = False,
) -> None:
    """Keep the message for this device, once, with the first of its problems."""
    verdict = rows.by_device.setdefault(index, {}).setdefault(uid, Verdict(False))
    rows.problems.setdefault(index, []).extend(problems)
    verdict.problems += problems
    if len(verdict.problems) > len(problems):
        return
    problem = problems[0]
    rows.batch.quarantined.append(
        store.Quarantined(
            index,
            message.received_us,
            safe_text(message.topic),
            uid,
            problem.reason.value,
            problem.detail,
            message.payload,
            describe(message.properties) if message.properties else {},
            message.retain,
            partial,
            message.dup,
        )
    )


def no_room(homeless: list[str]) -> list[Problem]:
    """What is said of readings whose metrics have no series and get none: one thing, however many
    they are."""
    if not homeless:
        return []
    which = f"{homeless[0]!a}"
    if len(homeless) > 1:
        which = f"{which}, nor for {len(homeless) - 1} more"
    return [Problem(Reason.TOO_MANY_SERIES, f"no room for the metric {which}")]


def with_stamp(kept: store.Quarantined, batch: Batch) -> store.Quarantined:
    """With the first stamp of the message for its receive time: a replay gives its samples the same
    again. One without a stamp gets its own on the lane of replays then."""
    stamp = batch.stamps.get(kept.message)
    return kept._replace(received_us=stamp or on_replay_lane(kept.received_us))
