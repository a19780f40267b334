"""Sign-in by the OpenID Connect server of one's company, where one is set."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.views import RedirectURLMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.generic import View

from access import audit, links
from dashboard.pages import second

logger = logging.getLogger(__name__)

TO = "openid_to"  # in the session: where one wanted to go


class OpenIdBegin(RedirectURLMixin, View):
    """Sends to the server."""

    def get_default_redirect_url(self) -> str:
        return settings.LOGIN_REDIRECT_URL

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.OIDC_ISSUER:
            raise Http404("No OpenID Connect server is set.")
        from access import openid  # noqa: PLC0415 (it is slow to load)

        second.keep_for_a_moment(request)
        request.session[TO] = self.get_success_url()
        try:
            return openid.begin(request, links.to(reverse("openid-back"), request))
        except openid.Refused as exc:
            return _refused(request, gettext("It does not answer. Try again later."), exc)


def openid_back(request: HttpRequest) -> HttpResponseBase:
    """Where the server sends back to."""
    if not settings.OIDC_ISSUER:
        raise Http404("No OpenID Connect server is set.")
    from access import openid  # noqa: PLC0415 (it is slow to load)

    try:
        user = openid.shown(request)
    except openid.NoRole as exc:
        said = gettext("You have no role here. Whoever runs this Pulseboard gives your group one.")
        return _refused(request, said, exc)
    except openid.Refused as exc:
        return _refused(request, gettext("That did not work. Try again."), exc)
    to = request.session.pop(TO, settings.LOGIN_REDIRECT_URL)
    return second.finish(request, user, HttpResponseRedirect(to))


def _refused(request: HttpRequest, said: str, exc: Exception) -> HttpResponse:
    logger.warning("sign-in by OpenID Connect refused: %s", exc, extra={"action": "openid_refused"})
    audit.record(request, "sign_in.failed", "openid", after={"why": str(exc)})
    context = {"refused": said, "openid": settings.OIDC_NAME, "next": request.session.get(TO, "")}
    return render(request, "dashboard/login.html", context, status=403)
