"""Requests that can mean nothing are refused before a view trips over them."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from dashboard.pages.errors import bad_request, not_found, overtaken
from devices.api.conflict import conflict

logger = logging.getLogger(__name__)

# As Python calls them. Its other codecs are not for who asks: some unpack, some take the square of
# the time of what they read, and some make of bytes what no text has.
CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1"})


class OddRequests:
    """A NUL in an address: Postgres has no text with one, so nothing has this name.

    A charset of its own, of which Django would look up any codec of Python's.

    Also what a list of Django's admin makes of odd filters and actions: it hands them to the
    database, or to `int`, as they are. And a page or a form whose thing another request deleted
    meanwhile: the API tells of that itself (devices.api.errors).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (charset := request.encoding) and codecs.lookup(charset).name not in CHARSETS:
            return _unread(request)
        if "\0" in request.path_info:
            return not_found(request, Http404())
        if "%00" in request.META.get("QUERY_STRING", ""):
            return _refused(request)
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.method == "POST" and conflict(exception):
            return overtaken(request)
        place = request.resolver_match
        in_list = place is not None and (place.url_name or "").endswith("_changelist")
        if not in_list or not isinstance(exception, ValueError | ValidationError | DataError):
            return None
        logger.warning("odd request", exc_info=exception, extra={"action": "odd_request"})
        return bad_request(request, BadRequest())


def _unread(request: HttpRequest) -> HttpResponse:
    complaint = "Write it in UTF-8: another charset is not read."
    request.encoding = "utf-8"  # the page that answers looks at the address, too
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": complaint}, status=415)
    return bad_request(request, BadRequest(complaint))


def _refused(request: HttpRequest) -> HttpResponse:
    """The API names the parameter, as it does for every other mistake."""
    complaint = "A NUL (%00) is in no name or value."
    named = [name for name, values in request.GET.lists() if any("\0" in each for each in values)]
    if request.path_info.startswith("/api/") and named:
        return JsonResponse({name: [complaint] for name in named}, status=400)
    return bad_request(request, BadRequest(complaint))
