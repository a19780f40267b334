"""The way in: by name and password, as often as that may be tried."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.generic import RedirectView

from access import factor, seen_browser
from access.tries import TooManyTries
from dashboard.pages import second
from dashboard.pages.wait import wait_words


class NameAndPassword(AuthenticationForm):
    """Django's form. `wait`: seconds until the next try; None: it was looked at."""

    wait: float | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except TooManyTries as exc:
            self.wait = exc.wait
            raise ValidationError(wait_words(exc.wait), code="wait") from exc


class LoginPage(LoginView):
    """The way in; someone already logged in is sent on to where they wanted to go."""

    template_name = "dashboard/login.html"
    form_class = NameAndPassword
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = {"mails": bool(settings.EMAIL_HOST)}
        openid = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(openid=openid, **offered, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if factor.has_any(user) or factor.is_required(user):
            return second.begin(self.request, user, self.get_success_url())
        answer = super().form_valid(form)
        seen_browser.note(self.request, answer, user.get_username())
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        wait = getattr(form, "wait", None)
        if wait is None:
            return super().form_invalid(form)
        context = self.get_context_data(form=form, wait=wait_words(wait))
        return self.render_to_response(
            context, status=429, headers={"Retry-After": str(math.ceil(wait))}
        )


class AdminLogin(RedirectView):
    """The admin's own form would be a second way in."""

    http_method_names = ["get", "head", "options"]

    def get_redirect_url(self, *_args: Any, **_kwargs: Any) -> str:
        return f"{reverse('login')}?{self.request.GET.urlencode()}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:  # and yet was sent here: it may not enter
            raise PermissionDenied
        return super().get(request, *args, **kwargs)
