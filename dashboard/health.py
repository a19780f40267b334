"""`/metrics`, `/healthz` and `/readyz` of the web process."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from access import turns
from access.acting import is_of_this_machine
from access.throttle import callers
from dashboard.database import watch
from dashboard.live import hub
from dashboard.live.seats import seats
from devices import clock, quick_redis
from telemetry.workers import thread, vitals


class HubCollector(Collector):
    """What the hub of this process is doing, read at each scrape."""

    def collect(self) -> Iterator[Metric]:
        counted = hub.counts()
        yield GaugeMetricFamily(
            "pulseboard_web_viewers", "Open live sockets", value=counted.viewers
        )
        yield GaugeMetricFamily(
            "pulseboard_web_watched_series", "Series some viewer watches", value=counted.series
        )
        yield CounterMetricFamily(
            "pulseboard_web_refills",
            "Times viewers were told to load history again",
            value=counted.refills,
        )
        yield CounterMetricFamily(
            "pulseboard_web_requests_refused",
            "Requests of the API answered 429, because their caller had made too many, or"
            " too many at once",
            value=callers.refused + turns.requests.refused + turns.downloads.refused,
        )
        yield CounterMetricFamily(
            "pulseboard_web_sockets_refused",
            "Live sockets closed at once, because their login or address had too many open",
            value=seats.refused,
        )
        yield GaugeMetricFamily(
            "pulseboard_web_clock_ahead_seconds",
            "How far the host's clock is ahead of the database's, negative when behind",
            value=clock.ahead_ms() / 1000,
        )
        yield GaugeMetricFamily(
            "pulseboard_web_hub_stalled_seconds",
            "Seconds since the live hub did its rounds, which it does each second",
            value=counted.stalled,
        )


vitals.web_registry.register(HubCollector())
ProcessCollector(registry=vitals.web_registry)


# Headers that only proxies add; some set but one of them.
OF_PROXIES = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
)  # fmt: skip


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For a scraper on this machine, or one that has PULSEBOARD_METRICS_TOKEN."""
    if not _may_scrape(request):
        return HttpResponse(
            "Metrics are for this machine, or with the token in PULSEBOARD_METRICS_TOKEN:"
            " Authorization: Bearer …\n",
            status=403,
            content_type="text/plain",
        )
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(vitals.web_registry), content_type=content_type)


@require_GET
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers, and each of its threads and the live hub live and move on."""
    status, told = vitals.answer("alive", {**thread.troubles(), "live_hub": hub.trouble()})
    return JsonResponse(told, status=status)


@require_GET
def readyz(_request: HttpRequest) -> HttpResponse:
    """The database and Redis answer too, and what comes over HTTP is stored."""
    needs = {
        "database": "" if watch.answers_surely() else "it does not answer",
        "redis": "" if _redis_answers() else "it does not answer",
        **{name: trouble() for name, trouble in vitals.web_needs.items()},
    }
    status, told = vitals.answer("ready", needs)
    return JsonResponse(told, status=status)


def _may_scrape(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy everyone comes from loopback, so a forwarded request needs the token.
    forwarded = any(name in request.headers for name in OF_PROXIES)
    return not forwarded and is_of_this_machine(request.META.get("REMOTE_ADDR", ""))


def _redis_answers() -> bool:
    try:
        return bool(quick_redis.client(settings.REDIS_URL).ping())
    except redis.RedisError:
        return False
