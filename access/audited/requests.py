"""Every request that changed something and of which nobody recorded more, every file that was given
out, and every change that was refused: so an address that is new tomorrow cannot be forgotten.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic import RedirectView

from access import audit
from access.audit import Of

logger = logging.getLogger(__name__)

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
REFUSED = 403
ONLY_COOKIES = {"language"}  # addresses that write nothing but the caller's cookie
DRY = re.compile(r"1|true|yes|on", re.IGNORECASE)
PARAMETER = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)")


class RecordTheRest:
    """A view that only asks, although by POST, says so: `changes_nothing = True`; one that does
    when it is told `dry_run`: `has_dry_run = True`, for others write whatever they are told.
    One whose writes have a history of their own says `has_history = True`, and is recorded without
    what was written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.resolver_match is None or getattr(request, "is_audited", False):
            return response
        try:
            if request.method in CHANGING:
                self._change(request, response)
            elif "attachment" in response.headers.get("Content-Disposition", ""):
                self._file(request, response)
        except DatabaseError as exc:
            logger.error("not in the audit log: %s", exc, extra={"action": "audit_lost"})
        return response

    def _change(self, request: HttpRequest, response: HttpResponseBase) -> None:
        view = _view(request)
        user = getattr(request, "user", None)
        is_person = user is not None and user.is_authenticated
        if not is_person and not isinstance(view, type):
            return
        if _only_asks(request, view):
            return
        if response.status_code == REFUSED and is_person:
            audit.record(request, f"{_action(request)}.refused", _of(request, response))
        elif response.status_code < 400:
            asked = None if getattr(view, "has_history", False) else _asked(request)
            audit.record(request, _action(request), _of(request, response), after=asked)

    def _file(self, request: HttpRequest, response: HttpResponseBase) -> None:
        file = response.headers["Content-Disposition"].partition("filename=")[2].strip('"')
        audit.record(request, "export", Of("file", label=file), after=dict(request.GET.items()))


def _only_asks(request: HttpRequest, view: Any) -> bool:
    if isinstance(view, type) and issubclass(view, RedirectView):
        return True
    named: Any = request.resolver_match
    if getattr(view, "changes_nothing", False) or named.url_name in ONLY_COOKIES:
        return True
    if not getattr(view, "has_dry_run", False):
        return False
    asked = getattr(request, "asked", None)
    dry = asked.get("dry_run") if isinstance(asked, dict) else None
    return bool(DRY.fullmatch(str(dry or request.GET.get("dry_run", ""))))


def _view(request: HttpRequest) -> Any:
    found: Any = request.resolver_match and request.resolver_match.func
    return getattr(found, "cls", None) or getattr(found, "view_class", found)


def _action(request: HttpRequest) -> str:
    """`alerts.acknowledge.post` of POST /api/v1/alerts/acknowledge/."""
    route = request.resolver_match.route if request.resolver_match else ""
    plain = PARAMETER.sub("", route.removeprefix("api/v1/"))
    return ".".join([*re.findall(r"[\w-]+", plain), str(request.method).lower()])


def _of(request: HttpRequest, response: HttpResponseBase) -> Of:
    """What its address names; otherwise what the answer says it is."""
    match: Any = request.resolver_match
    named = {name: value for name, value in match.kwargs.items() if not audit.SECRET.search(name)}
    answer = getattr(response, "data", None)
    made = answer.get("id") if isinstance(answer, dict) else None
    words = re.findall(r"[\w-]+", PARAMETER.sub("", match.route.removeprefix("api/v1/")))
    ids = [str(value) for value in named.values()] or ([str(made)] if made is not None else [])
    return Of(words[0] if words else "page", "/".join(ids))


def _asked(request: HttpRequest) -> dict[str, Any] | None:
    """The body of REST, or a form of the admin, whose values may be anything: their names only."""
    asked = getattr(request, "asked", None)
    if isinstance(asked, dict):
        return asked
    if asked is not None:
        return {"asked": asked}
    return {"fields": sorted(request.POST)} if request.POST else None
