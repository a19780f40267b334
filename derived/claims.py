"""Which derived series a process computes: one at a time, by a lease in its row.

No lock is held while it is computed: a transaction that stays open holds back every reader of the
commit log, alerts among them.
"""

from __future__ import annotations

import os
import socket
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from derived.errors import DerivedError
from derived.models import Backfill, DerivedInput, DerivedSeries, Due

TERM = timedelta(seconds=120)  # that a claim holds; longer than a step may take


class Lost(DerivedError):
    """It was changed, switched off or claimed by another process while it was computed."""


def process_name() -> str:
    """A name that no other process has."""
    return f"{socket.gethostname()[:32]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def claim(holder: str) -> DerivedSeries | None:
    """The one that has waited longest of those with something to be computed; None: there is
    none, or others have it."""
    waiting = Exists(Due.objects.filter(derived=OuterRef("pk"))) | Exists(
        Backfill.objects.filter(derived=OuterRef("pk"), state=Backfill.State.RUNNING)
    )
    ready = (
        DerivedSeries.objects.filter(waiting, enabled=True)
        .filter(Q(held_until=None) | Q(held_until__lt=Now()))
        .filter(Q(due_at=None) | Q(due_at__lte=Now()))
        .exclude(Exists(DerivedInput.objects.filter(derived=OuterRef("pk"), series=None)))
        .order_by(F("computed_at").asc(nulls_first=True), "pk")
    )
    with transaction.atomic():
        found = ready.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if found is not None:
            taken = DerivedSeries.objects.filter(pk=found.pk)
            taken.update(holder=holder, held_until=Now() + TERM)
    return found


def keep(derived: DerivedSeries, holder: str) -> None:
    """In the transaction that writes its results. Raises `Lost` when they are not to be written."""
    ours = DerivedSeries.objects.select_for_update(no_key=True).filter(
        pk=derived.pk, holder=holder, revision=derived.revision, enabled=True
    )
    if not ours.exists():
        raise Lost("another process has it, or it was changed")


def let_go(derived: DerivedSeries, holder: str, pause: timedelta, problem: str = "") -> None:
    """Another process may have it, once the pause is over."""
    DerivedSeries.objects.filter(pk=derived.pk, holder=holder).update(
        holder="",
        held_until=None,
        due_at=Now() + pause,
        computed_at=Now(),
        problem=problem,
    )


def let_go_all(holder: str) -> None:
    """What a process that ends still has."""
    DerivedSeries.objects.filter(holder=holder).update(holder="", held_until=None)
