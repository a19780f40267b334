"""The language of who is told is that of their pages, until they say otherwise there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.i18n import set_language

from notifications.models import Recipient


@receiver(user_logged_in, dispatch_uid="dashboard.language_at_login")
def keep_at_login(user: Any, **_kwargs: Any) -> None:
    """What the browser asks for, where nothing is known yet."""
    language = get_language() or ""
    if language not in ("", settings.LANGUAGE_CODE) and not language_of(user):
        _keep(user, language)


def language_of(user: Any) -> str:
    """ "" where nothing is known."""
    found = Recipient.objects.filter(user=user).values_list("language", flat=True).first()
    return found or ""


def choose(request: HttpRequest) -> HttpResponse:
    """Django's own view, and what is sent follows."""
    answer = set_language(request)
    chosen = request.POST.get("language")
    known = chosen in dict(settings.LANGUAGES)
    if request.method == "POST" and known and request.user.is_authenticated:
        _keep(request.user, str(chosen))
    return answer


def _keep(user: Any, language: str) -> None:
    Recipient.objects.update_or_create(user=user, defaults={"language": language})
