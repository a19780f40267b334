"""`GET pipeline/`: the books of the bridge workers and what is in quarantine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from devices import clock
from telemetry import follower_runs, job_runs
from telemetry.api import parameters as query
from telemetry.api.pipeline_shapes import PipelineShape
from telemetry.models import QuarantinedMessage
from telemetry.moments import to_ms
from telemetry.storage import rollups
from telemetry.storage.backend import backend
from telemetry.worker_counts import IngestWorker

ALIVE = timedelta(seconds=10)  # a worker writes its counters about once a second
MAX_WORKERS = 1000
ACCOUNTED = ("stored", "duplicate", "rejected", "spooled", "in_flight")


class PipelineView(APIView):
    """Whether every received message is accounted for."""

    @extend_schema(operation_id="pipeline", tags=["Pipeline"], responses=PipelineShape)
    def get(self, request: Request) -> Response:
        query.known(request, ())
        now = clock.now()
        workers = IngestWorker.objects.order_by("name")[:MAX_WORKERS]
        return Response(
            {
                "now": to_ms(now),
                "clock_ahead_ms": clock.ahead_ms(),
                "workers": [_worker(worker, now) for worker in workers],
                "quarantine": _quarantine(Scope.of(request), now),
                "stored_total": backend().estimate_readings(),
                "jobs": job_runs.states(),
                "followers": follower_runs.states(),
                "backlog": _backlog(now),
            }
        )


def balance(counters: dict[str, Any]) -> int:
    """Messages a worker received and cannot account for: 0."""
    return int(counters.get("received", 0)) - sum(int(counters.get(name, 0)) for name in ACCOUNTED)


def _worker(worker: IngestWorker, now: datetime) -> dict[str, Any]:
    return {
        "name": worker.name,
        "started_at": to_ms(worker.started_at),
        "updated_at": to_ms(worker.updated_at),
        "alive": now - worker.updated_at <= ALIVE,
        "counters": worker.counters,
        "balance": balance(worker.counters),
    }


def _quarantine(scope: Scope, now: datetime) -> dict[str, Any]:
    last_hour = Count("id", filter=Q(received_at__gte=now - timedelta(hours=1)))
    rows = (
        QuarantinedMessage.objects.visible_to(scope)
        .order_by("reason")
        .values_list("reason")
        .annotate(total=Count("id"), last_hour=last_hour)
    )
    reasons = {reason: (total, recent) for reason, total, recent in rows}
    return {
        "total": sum(total for total, _ in reasons.values()),
        "last_hour": sum(recent for _, recent in reasons.values()),
        "reasons": {reason: total for reason, (total, _) in reasons.items()},
    }


def _backlog(now: datetime) -> dict[str, Any]:
    waits = rollups.backlog(now)
    return {
        "commits": waits.commits,
        "commits_age_ms": round(waits.seconds * 1000),
        "minutes": waits.minutes,
        "oldest_minute": to_ms(waits.oldest) if waits.oldest else None,
    }
