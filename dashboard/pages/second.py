"""The second step of a sign-in: a code, or a passkey. Until then nobody is signed in."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.views import RedirectURLMixin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView, View

from access import audit, factor, seen_browser
from access.tries import TooManyTries
from dashboard.pages.wait import wait_words

WITHIN = 600  # seconds from the password to the second step
PENDING = "second_step"
SECRET = "second_secret"  # noqa: S105 (of an app that is being set up, in the session)
MAX_CODE = 40  # characters


def begin(request: HttpRequest, user: User, to: str) -> HttpResponseRedirect:
    """The password was right."""
    request.session.cycle_key()
    request.session.pop(SECRET, None)  # of somebody else who began here, and has seen it
    keep_for_a_moment(request)
    request.session[PENDING] = {"user": user.pk, "hash": user.get_session_auth_hash(), "to": to}
    return HttpResponseRedirect(reverse("second"))


def keep_for_a_moment(request: HttpRequest) -> None:
    """Anybody may begin to sign in: what is kept of that is soon forgotten."""
    if not request.user.is_authenticated:
        request.session.set_expiry(WITHIN)


def finish(request: HttpRequest, user: User, answer: HttpResponseBase) -> HttpResponseBase:
    """Sign in; the answer then says which browser it was."""
    for name in (PENDING, SECRET):
        request.session.pop(name, None)
    request.session.set_expiry(None)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    seen_browser.note(request, answer, user.get_username())
    return answer


def _pending(request: HttpRequest) -> tuple[User, str] | None:
    """Who has shown the password, and where they wanted to go."""
    said = request.session.get(PENDING)
    if said is None:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    if user is None or not constant_time_compare(said["hash"], user.get_session_auth_hash()):
        return None
    return user, said["to"]


class SecondPage(TemplateView):
    """Asks for a code. An account that must have one and has none sets its app up first."""

    template_name: str = "dashboard/second.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pending = _pending(request)
        if pending is None:
            return HttpResponseRedirect(reverse("login"))
        self.user, self.to = pending
        self.asks = factor.has_any(self.user)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = {"name": self.user.get_username(), "asks": self.asks, "next": self.to}
        if self.asks:
            facts["app"] = factor.CodeApp.objects.filter(user=self.user).exists()
        elif "recovery" not in kwargs:
            facts |= self._new_app()
        return super().get_context_data(**facts, **kwargs)

    def _new_app(self) -> dict[str, str]:
        from access import codes, picture  # noqa: PLC0415 (few pages need them)

        kept = self.request.session.get(SECRET)
        secret = base64.b64decode(kept) if kept else codes.new_secret()
        self.request.session[SECRET] = base64.b64encode(secret).decode()
        address = codes.address(self.user, secret)
        return {"picture": picture.of(address), "secret": codes.spelled(secret)}

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        from access import codes  # noqa: PLC0415 (few pages need it)

        code = request.POST.get("code", "")[:MAX_CODE]
        if not self.asks:
            return self._set_up(code)
        try:
            right = codes.is_right(self.user, code)
        except TooManyTries as exc:
            answer = self.render_to_response(
                self.get_context_data(wait=wait_words(exc.wait)), status=429
            )
            answer.headers["Retry-After"] = str(math.ceil(exc.wait))
            return answer
        if not right:
            audit.record(request, "factor.failed", self.user)
            return self.render_to_response(self.get_context_data(wrong=True))
        return finish(request, self.user, HttpResponseRedirect(self.to))

    def _set_up(self, code: str) -> HttpResponseBase:
        from access import codes  # noqa: PLC0415 (few pages need it)

        kept = self.request.session.get(SECRET)
        secret = base64.b64decode(kept) if kept else codes.new_secret()
        if not codes.keep_app(self.user, secret, "".join(code.split())):
            return self.render_to_response(self.get_context_data(wrong=True))
        audit.record(self.user, "factor.added", self.user, after={"kind": "app"})
        recovery = codes.new_recovery(self.user)
        context = self.get_context_data(recovery=recovery)
        return finish(self.request, self.user, render(self.request, self.template_name, context))


@require_POST
def begin_passkey(request: HttpRequest) -> JsonResponse:
    from access import passkeys  # noqa: PLC0415 (it is slow to load)

    keep_for_a_moment(request)
    return JsonResponse(passkeys.begin_showing(request))


class PasskeyShown(RedirectURLMixin, View):
    """A passkey signs in by itself: its device has asked for a finger, a face or a PIN."""

    http_method_names = ["post"]

    def get_default_redirect_url(self) -> str:
        return settings.LOGIN_REDIRECT_URL

    def post(self, request: HttpRequest) -> HttpResponseBase:
        from access import passkeys  # noqa: PLC0415 (it is slow to load)

        try:
            answer = json.loads(request.body)
        except ValueError as exc:
            raise BadRequest from exc
        try:
            user = passkeys.shown(request, answer)
        except passkeys.Refused:
            audit.record(request, "sign_in.failed", "passkey")
            return JsonResponse({"detail": gettext("This passkey is not known here.")}, status=400)
        pending = _pending(request)
        to = pending[1] if pending is not None else self.get_success_url()
        return finish(request, user, JsonResponse({"to": to}))
