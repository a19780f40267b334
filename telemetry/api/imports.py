"""Files of readings over REST: what would become of one, storing it, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.roles import Role
from access.scope import Scope
from telemetry.api import parameters as query
from telemetry.imports import uploaded
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.report import MAX_SHOWN_COLUMNS
from telemetry.models import ReadingImport

TAGS = ["Import"]
MAX_UPLOAD = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # bytes: what any request may have
TEXTS = {
    "time": "The column of the time.",
    "device": "The column of the device.",
    "metric": "The column of the metric, of a long table.",
    "value": "The column of the value, of a long table.",
    "device_name": "The uid of the device all of it is of.",
    "tz": "The zone of times that name none: Europe/Berlin. UTC otherwise.",
    "unit": "The unit of every series that is new.",
    "time_unit": "What a time that is a number counts: s, ms, us or ns.",
    "separator": "Between the cells of CSV.",
    "site": "The slug of the site where new devices stand.",
}
FLAGS = {
    "texts": "Keep what is no number as a text.",
    "register": "Register devices that are missing.",
    "keep_what_fits": "Leave out what retention would remove.",
    "dry_run": "Write nothing; say what would be done.",
    "again": "Even if this file was imported before.",
}


class ImportShape(serializers.Serializer):
    """A file, and what became or would become of it; docs/import.md."""

    id = serializers.IntegerField(allow_null=True, help_text="null: a dry run.")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["dry_run", "running", "done", "failed"])
    error = serializers.CharField(help_text="Why it failed, or would not be imported.")
    rows_done = serializers.IntegerField()
    rows_total = serializers.IntegerField()
    readings_total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    report = serializers.DictField(
        help_text="What was found, with the first 100 problems; of a dry run also the columns,"
        " which of them is what, the first 20 readings as they would be stored, and the names of"
        " the first 24 series."
    )


class TooBusy(APIException):
    """One large file at a time."""

    status_code = 503


class AlwaysJson(DefaultContentNegotiation):
    """`format` says what comes, not what goes."""

    def select_renderer(
        self, _request: Request, renderers: Sequence[BaseRenderer], _suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type or ""


class Unread(BaseParser):
    """The body is a file of any type: whoever looks for form fields, as the check of a session
    does, finds none."""

    media_type = "*/*"

    def parse(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        return {}


class ImportView(APIView):
    """A file of readings."""

    has_dry_run = True
    change_needs = Role.OPERATOR

    content_negotiation_class = AlwaysJson
    parser_classes: ClassVar[list[Any]] = [Unread]

    @extend_schema(
        operation_id="readings_import",
        summary="Import readings from a file",
        description=f"The body is the file, of at most {MAX_UPLOAD} bytes, packed with gzip or not;"
        " larger ones: `manage.py import`. 200 when it is done; 202 when it is large and goes on:"
        " ask `/readings/imports/{id}/`. 400 says what is in the way, and nothing was written.",
        tags=TAGS,
        parameters=[
            query.described("format", "csv, parquet, ndjson, influx"),
            query.described("name", "The name of the file, whose ending may say the format."),
            query.described("columns", "COLUMN=METRIC; several times.", many=True),
            *(query.described(name, text) for name, text in TEXTS.items()),
            *(query.described(name, text, bool) for name, text in FLAGS.items()),
        ],
        request={"application/octet-stream": bytes},
        responses={200: ImportShape, 202: ImportShape},
    )
    def post(self, request: Request) -> Response:
        known = {"format", "name", "columns", *TEXTS, *FLAGS}
        query.known(request, known, lists={"columns"})
        flags = {name: query.text(request, name) in ("1", "true") for name in FLAGS}
        dry_run, again = flags.pop("dry_run"), flags.pop("again")
        texts: dict[str, Any] = {name: query.text(request, name) for name in ("format", *TEXTS)}
        options = Options(columns=_columns(request), **(texts | flags))
        name = query.text(request, "name") or "upload"
        body = request._request.body
        try:
            with uploaded.spooled(body) as path:
                by = request.user if request.user.pk else None
                work = uploaded.surveyed(path, name, options, Scope.of(request), by)
                if dry_run:
                    return Response(_dry(work, name))
                row = uploaded.carried_out(work, body, again=again)
        except uploaded.Busy as exc:
            raise TooBusy(str(exc)) from exc
        except NotImported as exc:
            told: dict[str, Any] = {"detail": str(exc)}
            if dry_run and exc.columns:
                told["columns"] = list(exc.columns[:MAX_SHOWN_COLUMNS])
            raise ValidationError(told) from exc
        return Response(_form(row), status=200 if row.state == ReadingImport.State.DONE else 202)


class OneImportView(APIView):
    """How far a file is."""

    @extend_schema(
        operation_id="readings_import_retrieve",
        summary="How far an import is",
        tags=TAGS,
        responses=ImportShape,
    )
    def get(self, request: Request, import_id: int) -> Response:
        query.known(request, ())
        visible = ReadingImport.objects.visible_to(Scope.of(request))
        return Response(_form(get_object_or_404(visible, pk=import_id)))


def _columns(request: Request) -> dict[str, str]:
    found = {}
    for each in request.query_params.getlist("columns"):
        column, sign, metric = each.partition("=")
        if not sign or not column or not metric:
            query.refuse("columns", f"{each[:80]!r} is not COLUMN=METRIC.")
        found[column] = metric
    return found


def _dry(work: uploaded.Import, name: str) -> dict[str, Any]:
    try:
        work.check()
        error = ""
    except NotImported as exc:
        error = str(exc)
    seen = work.seen
    return {
        "id": None, "name": name, "state": "dry_run", "error": error, "rows_done": 0,
        "rows_total": seen.rows, "readings_total": seen.readings, "counts": seen.counts(),
        "report": seen.form() | seen.preview(),
    }  # fmt: skip


def _form(row: ReadingImport) -> dict[str, Any]:
    names = (
        "name", "state", "error", "rows_done", "rows_total", "readings_total", "counts", "report"
    )  # fmt: skip
    return {"id": row.pk, **{name: getattr(row, name) for name in names}}
