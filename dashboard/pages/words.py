"""The catalogue of a language, as a module that pages import."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from dashboard.language import catalogue

FOR_GOOD = "max-age=31536000, public, immutable"  # a year; another catalogue has another address


def words(request: HttpRequest, language: str, digest: str) -> HttpResponse:  # noqa: ARG001
    """Asked for without a session too: the log-in speaks the viewer's language."""
    if not catalogue.digest(language):
        raise Http404
    answer = HttpResponse(catalogue.script(language), content_type="text/javascript; charset=utf-8")
    # During an upgrade the other process may have been asked for its own catalogue.
    if digest == catalogue.digest(language):
        answer["Cache-Control"] = FOR_GOOD
    return answer
