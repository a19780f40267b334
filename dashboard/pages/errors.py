"""What is answered when there is no answer: as a page for people, as JSON below `/api/`."""

from __future__ import annotations

import sys

from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils.translation import get_language

from dashboard.pages.content_policy import HEADER, POLICY
from devices.api.conflict import GoneMeanwhile
from devices.api.errors import DISK_FULL, DatabaseAway, is_disk_full
from telemetry.series.recognised import recognised

RETRY_AFTER = 2  # seconds


def database_away(path: str, method: str, *, is_full: bool = False) -> HttpResponse:
    """503: the same request is answered once the database is back, or its disk has room."""
    facts = {"page": "", "sent": method not in ("GET", "HEAD"), "full": is_full}
    says = DISK_FULL if is_full else DatabaseAway.default_detail
    answer = _answer(path, 503, says, "503.html", facts)
    answer["Retry-After"] = str(RETRY_AFTER)
    answer["Cache-Control"] = "no-store"
    answer[HEADER] = POLICY  # said past the middleware
    return answer


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404, and what address was probably meant: one of ours ends in a slash."""
    path = request.path_info
    says = "Nothing has this address."
    slashed = "" if path.endswith("/") or not is_valid_path(f"{path}/") else f"{path}/"
    if slashed:
        # Not redirected: a POST would come out at the other end as a GET.
        says = f"Nothing has this address, and nothing was done. It ends in a slash: {slashed}"
    return _answer(path, 404, says, "404.html", {"slashed": slashed})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, and for a host name that is not ours, how it becomes so."""
    if not isinstance(exception, DisallowedHost):
        says = str(exception) or "This request makes no sense."
        return _answer(request.path_info, 400, says, "400.html", {})
    host = split_domain_port(request.META.get("HTTP_HOST", ""))[0][:255] or "none"
    says = f"Pulseboard does not answer to the name {host!r}. See PULSEBOARD_ALLOWED_HOSTS."
    return _answer(request.path_info, 400, says, "400.html", {"host": host})


def overtaken(request: HttpRequest) -> HttpResponse:
    """409: somebody else was faster."""
    return _answer(request.path_info, 409, GoneMeanwhile.default_detail, "409.html", {})


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when it was the database that failed."""
    failed = sys.exc_info()[1]
    if isinstance(failed, OperationalError | InterfaceError):
        method = request.method or "GET"
        return database_away(request.path_info, method, is_full=is_disk_full(failed))
    says = "Something broke on our side; the log says what."
    return _answer(request.path_info, 500, says, "500.html", {})


def _answer(
    path: str, status: int, says: str, template: str, facts: dict[str, object]
) -> HttpResponse:
    if path.startswith("/api/"):
        return JsonResponse({"detail": recognised(get_language(), says)}, status=status)
    # Without the request: who is signed in would be asked of a database that may be away.
    return HttpResponse(render_to_string(template, facts), status=status)
