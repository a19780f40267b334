"""Who signed in, who failed to, and who signed out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from access import audit
from access.audit import Of


@receiver(user_logged_in, dispatch_uid="access.signed_in")
def note_sign_in(request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """In the request's name: until now it had none."""
    audit.record(user, "sign_in", _of(user), request=request)


@receiver(user_logged_out, dispatch_uid="access.signed_out")
def note_sign_out(request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    if user is not None:
        audit.record(user, "sign_in.ended", _of(user), request=request)


@receiver(user_login_failed, dispatch_uid="access.sign_in_failed")
def note_failure(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any
) -> None:
    """What was typed as the name, which may be nobody's."""
    name = str(credentials.get("username") or "")
    audit.record(None, "sign_in.failed", Of("account", label=name), request=request)


def _of(user: Any) -> Of:
    return Of("account", str(user.pk), user.get_username())
