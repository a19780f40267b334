"""`audit/`: the audit log, for who administers every site; for anybody else there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.audit_entry import SEARCHED, AuditEntry
from access.scope import Scope
from devices import clock
from shiftlog.reading import beginning_with
from telemetry.api import parameters as query
from telemetry.export import options
from telemetry.export.answer import streamed
from telemetry.export.formats import wanted
from telemetry.export.table_view import TableView, responses
from telemetry.history.table import Block, Column, Table
from telemetry.moments import from_ms, to_ms

LIMIT, MAX_LIMIT = 100, 500  # entries of one answer of JSON
BLOCK = 2_000  # entries read at once for a file
MAX_SEARCH = 200  # characters
EXACT = {"by": "by", "kind": "kind", "id": "object_id", "address": "address"}
PARAMETERS = [
    query.described("by", "An account's or a process's name."),
    query.described("action", "What was done, as `device.edited`; `device.` is all of devices."),
    query.described("kind", "What it was done to, as `device`."),
    query.described("id", "Its id: of a device the uid, of a site the slug."),
    query.described("address", "Where it came from."),
    query.described("search", "Those with words that begin with each of these."),
    query.FROM,
    query.TO,
    query.described("before", "Those before the entry with this id.", int),
    query.whole("limit", "Of JSON.", least=1, most=MAX_LIMIT, default=LIMIT),
]
COLUMNS = [
    Column("time", "time"),
    *(Column(name, "text") for name in ("by", "token_key", "address", "action", "kind", "id")),
    *(Column(name, "text") for name in ("label", "before", "after")),
]


class AuditEntryShape(serializers.Serializer):
    id = serializers.IntegerField()
    at = serializers.IntegerField(help_text="Unix milliseconds.")
    by = serializers.CharField(help_text="An account's name then, or a process's.")
    token_key = serializers.CharField(help_text="Of the API token that was used; empty: none.")
    address = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    kind = serializers.CharField(help_text="Of what it was done to.")
    object_id = serializers.CharField()
    label = serializers.CharField(help_text="As that was called then.")
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class AuditShape(serializers.Serializer):
    now = serializers.IntegerField()
    entries = AuditEntryShape(many=True)
    more = serializers.BooleanField(help_text="There are older ones.")


class AuditView(TableView):
    @extend_schema(
        operation_id="audit_list",
        summary="Who did what",
        description=(
            "Newest first, for who administers every site. The next page is `before` the last entry"
            " of this one; a file has them all."
        ),
        tags=["Audit"],
        parameters=[*PARAMETERS, *options.described()],
        responses=responses(AuditShape),
    )
    def get(self, request: Request) -> HttpResponseBase:
        scope = Scope.of(request)
        if not scope.may_administer(None):
            raise Http404
        query.known(request, {each.name for each in PARAMETERS} | options.PARAMETERS)
        found = _narrowed(request, AuditEntry.objects.visible_to(scope).order_by("-id"))
        if wanted(request) != "json":
            table = Table(list(COLUMNS), _blocks(found), {"now": clock.now_ms()})
            return streamed(request, table, "audit", kind="audit")
        limit = query.integer(request, "limit", LIMIT, least=1, most=MAX_LIMIT)
        rows = list(found[: limit + 1])
        entries = [entry_form(each) for each in rows[:limit]]
        return Response({"now": clock.now_ms(), "entries": entries, "more": len(rows) > limit})


def entry_form(entry: AuditEntry) -> dict[str, Any]:
    names = (
        "id", "by", "token_key", "address", "action", "kind", "object_id", "label", "before",
        "after",
    )  # fmt: skip
    return {"at": to_ms(entry.at), **{name: getattr(entry, name) for name in names}}


def _narrowed(request: Request, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    for name, field in EXACT.items():
        if word := query.text(request, name):
            entries = entries.filter(**{field: _plain(name, word)})
    if action := query.text(request, "action"):
        _plain("action", action)
        is_start = action.endswith(".")
        entries = entries.filter(**{"action__startswith" if is_start else "action": action})
    if search := query.text(request, "search"):
        if len(search) > MAX_SEARCH:
            query.refuse("search", f"At most {MAX_SEARCH} characters.")
        words = tuple(_plain("search", search).split())
        entries = entries.annotate(searched=SEARCHED).filter(searched=beginning_with(words))
    for name, lookup in (("from", "at__gte"), ("to", "at__lt")):
        if (ms := query.milliseconds(request, name)) is not None:
            entries = entries.filter(**{lookup: from_ms(ms)})
    if before := query.row_id(request, "before"):
        entries = entries.filter(id__lt=before)
    return entries


def _plain(name: str, word: str) -> str:
    if "\x00" in word:
        query.refuse(name, "It has a character that no text has.")
    if name == "address":
        try:
            serializers.IPAddressField().run_validation(word)
        except serializers.ValidationError:
            query.refuse(name, "Write an IP address.")
    return word


def _blocks(entries: QuerySet[AuditEntry]) -> Iterator[Block]:
    """The newest first, a page at a time: what is written meanwhile moves none."""
    before = 0
    while rows := list((entries.filter(id__lt=before) if before else entries)[:BLOCK]):
        before = rows[-1].pk
        times = [round(each.at.timestamp() * 1_000_000) for each in rows]
        yield [
            np.array(times, np.int64),
            [each.by for each in rows],
            [each.token_key or None for each in rows],
            [each.address for each in rows],
            [each.action for each in rows],
            [each.kind for each in rows],
            [each.object_id or None for each in rows],
            [each.label or None for each in rows],
            [_json(each.before) for each in rows],
            [_json(each.after) for each in rows],
        ]


def _json(facts: Any) -> str | None:
    return None if facts is None else json.dumps(facts, ensure_ascii=False)
