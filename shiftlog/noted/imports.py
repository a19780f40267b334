"""Readings that came from a file."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from shiftlog.models import Kind
from shiftlog.record import Note, record_done
from telemetry.imports.signals import readings_imported
from telemetry.models import ReadingImport
from telemetry.series.said import say


@receiver(readings_imported, dispatch_uid="shiftlog.readings_imported")
def note_import(row: ReadingImport, by: Any, **_kwargs: Any) -> None:
    """One entry, of whoever did it or of the command."""

    def made() -> Note:
        stored = row.counts["stored"]
        text = say("{n} readings were imported from {file}.", n=stored, file=row.name)
        facts = {"file": row.name, "import": row.pk, **row.counts}
        key = f"import-{row.pk}-{row.updated_at}"
        return Note(kind=Kind.IMPORTED, text=text, by=by, key=key, facts=facts)

    record_done(made)
