"""The audit log: who did what to what, when and from where.

`record` joins the caller's transaction: it says what happened, and nothing that was rolled back.
The database takes entries and refuses to change or remove them (`access.audit_entry`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.dispatch import Signal
from django.http import HttpRequest

from access.acting import address_of, process_name, request_under_way
from access.audit_entry import (
    MAX_ACTION,
    MAX_ID,
    MAX_KIND,
    MAX_LABEL,
    MAX_NAME,
    AuditEntry,
)
from access.json_rows import insert_all
from access.small import small

# Names of fields whose values are nobody's to read, also when somebody adds one tomorrow.
SECRET = re.compile(r"pass(word|phrase)|secret|token(?!_key)|digest|private|sealed|otp|recovery")
HIDDEN = "•••"
recorded = Signal()  # sent in the transaction that writes
BATCH = 1_000  # entries of one INSERT


class Of(NamedTuple):
    """What something was done to: enough to find it, and to name it when it is gone."""

    kind: str  # one word: device, account, readings
    object_id: str = ""
    label: str = ""
    site_id: int | None = None
    # Of many things what each was and is by field, where they are not alike.
    changed: Mapping[str, Sequence[Any]] | None = None


class _By(NamedTuple):
    name: str
    account_id: int | None = None
    token_key: str = ""


def record(
    by: Any,
    action: str,
    of: Of | models.Model | str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    request: HttpRequest | None = None,
) -> None:
    """Keep one act. `by` is a request, a user, or the name of a process ("bridge", "command");
    None: the request under way, otherwise this process. `action` is a dotted word
    ("device.rotated"); `of` a row, an `Of`, or a word. `before` and `after` are small: what is long
    is cut, what is secret is hidden. `request` names where it came from, when `by` does not.
    Raises what the database raises.
    """
    record_all(by, action, [of], before, after, request=request)


def record_all(
    by: Any,
    action: str,
    things: Iterable[Of | models.Model | str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    request: HttpRequest | None = None,
) -> None:
    """As `record`, of one act upon many things: an entry for each. `before` and `after` are of
    those that do not name their own."""
    # Unwrapped: to ask REST's own who it is would ask for the password again.
    under_way = _plain(request) or _plain(by) or request_under_way()
    who = _who(by, under_way)
    entry = {
        "by": _clean(who.name)[:MAX_NAME],
        "account_id": who.account_id,
        "token_key": who.token_key,
        "address": None if under_way is None else address_of(under_way),
        "action": action[:MAX_ACTION],
    }
    told = {"before": _told(before), "after": _told(after)}
    rows = [
        AuditEntry(
            kind=what.kind[:MAX_KIND],
            object_id=_clean(what.object_id)[:MAX_ID],
            label=_clean(what.label)[:MAX_LABEL],
            site_id=what.site_id,
            **entry,
            **(told if what.changed is None else _sides(what.changed)),
        )
        for what in map(_what, things)
    ]
    for start in range(0, len(rows), BATCH):
        insert_all(rows[start : start + BATCH], left_out=["at"])
    recorded.send(None)
    if under_way is not None:
        under_way.is_audited = True  # type: ignore[attr-defined]


def _sides(changed: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    before = {name: was for name, (was, _) in changed.items() if was is not None}
    after = {name: now for name, (_, now) in changed.items()}
    return {"before": _told(before or None), "after": _told(after or None)}


def _told(facts: Mapping[str, Any] | None) -> Any:
    return None if facts is None else small(without_secrets(facts))


def without_secrets(value: Any) -> Any:
    """The same with the values of secret fields hidden, at any depth."""
    if isinstance(value, Mapping):
        return {
            str(name): HIDDEN if each and SECRET.search(str(name)) else without_secrets(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return _clean(value) if isinstance(value, str) else value


def _who(by: Any, request: HttpRequest | None) -> _By:
    if isinstance(by, str):
        return _By(by)
    by = request if by is None else by
    if by is None:
        return _By(process_name())
    user = getattr(by, "user", None if isinstance(by, HttpRequest) else by)
    if user is None or not user.is_authenticated:
        return _By("nobody")
    # REST names the token of a request in `auth`; a page's request has none.
    token = getattr(by, "auth", None) or getattr(request, "auth", None)
    return _By(user.get_username(), user.pk, getattr(token, "token_key", ""))


def _plain(by: Any) -> HttpRequest | None:
    """Django's request, which that of the REST framework wraps."""
    inner = getattr(by, "_request", by)
    return inner if isinstance(inner, HttpRequest) else None


def _what(of: Of | models.Model | str) -> Of:
    if isinstance(of, Of):
        return of
    if isinstance(of, str):
        return Of(of)
    site: int | None = getattr(of, "site_id", None)
    return Of(str(of._meta.model_name), str(of.pk), str(of), site)


def _clean(text: str) -> str:
    return text.replace("\x00", "")  # which Postgres keeps in no text
