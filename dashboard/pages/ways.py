"""Ways in by a link: somebody sets another password, or makes the account they are invited to."""

from __future__ import annotations

import logging
import math
from threading import Thread
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import PasswordResetForm, UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.mail import EmailMessage, get_connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.generic import FormView

from access import audit, factor, invitation, links, seen_browser, tries
from access.acting import address_of
from access.models import SignIn, end
from access.tries import Limit, TooManyTries
from dashboard.pages import second
from dashboard.pages.wait import wait_words
from dashboard.told_language import language_of
from telemetry.series.worded import spoken

logger = logging.getLogger(__name__)

MAIL_SECONDS = 20  # until a server has taken it
MAILS = Limit(3, 1200.0)  # to one address of e-mail
ASKED = Limit(10, 300.0)  # from one address


class ForgottenPage(FormView):
    """Asks for a link by e-mail. It answers the same whether there is such an account, and as
    quickly: the e-mail goes when the answer has gone."""

    template_name = "dashboard/forgotten.html"
    form_class = PasswordResetForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.EMAIL_HOST:
            raise Http404("No server takes e-mail.")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        to = form.cleaned_data["email"]
        try:
            tries.take(_mails(self.request, to))
        except TooManyTries as exc:
            context = self.get_context_data(form=form, wait=wait_words(exc.wait))
            headers = {"Retry-After": str(math.ceil(exc.wait))}
            return self.render_to_response(context, status=429, headers=headers)
        mails = []
        for user in form.get_users(to):
            with spoken(language_of(user) or get_language() or ""):
                mails.append(_reset_mail(self.request, user))
        Thread(target=_send, args=[mails], name="reset-mail").start()
        return self.render_to_response(self.get_context_data(form=form, sent=True))


def _mails(request: HttpRequest, to: str) -> tries.Buckets:
    named = tries.buckets(to.lower(), address_of(request))
    account, address, _ = named
    return {f"mail:{account}": MAILS, f"mail:{address}": ASKED}


def _reset_mail(request: HttpRequest, user: Any) -> EmailMessage:
    address = links.to(links.reset_path(user), request)
    text = gettext(
        "Somebody asked for a new password of the account {name}. If it was you, set it here"
        " within an hour:\n\n{address}\n\nOtherwise nothing has changed."
    )
    return EmailMessage(
        gettext("A new password for Pulseboard"),
        text.format(name=user.get_username(), address=address),
        to=[user.email],
    )


def _send(mails: list[EmailMessage]) -> None:
    try:
        get_connection(timeout=MAIL_SECONDS).send_messages(mails)
    except OSError as exc:  # of which those of smtplib are
        logger.warning("reset not sent: %s", exc, extra={"action": "reset_not_sent"})


class ResetPage(PasswordResetConfirmView):
    """Sets another password; all sessions end. Django keeps the token in the session, so that no
    address bar and no `Referer` has it."""

    template_name = "dashboard/choose_password.html"

    def get_success_url(self) -> str:
        return reverse("login")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        end(SignIn.objects.filter(user=form.user))
        audit.record(form.user, "password.reset", form.user)
        # The way past whoever keeps trying: this browser has shown whose it is.
        seen_browser.note(self.request, answer, form.user.get_username())
        return answer


class _NewAccount(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username",)


class InvitationPage(FormView):
    """Where the invited chooses a name and a password."""

    template_name = "dashboard/choose_password.html"
    form_class = _NewAccount

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if invitation.find(kwargs["token"]) is None:
            return self._over()
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        account = form.save(commit=False)
        if not invitation.accept(self.kwargs["token"], account):
            return self._over()
        audit.record(account, "invitation.accepted", account)
        if factor.is_required(account):
            return second.begin(self.request, account, reverse("fleet"))
        login(self.request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
        answer = HttpResponse(status=302, headers={"Location": reverse("fleet")})
        seen_browser.note(self.request, answer, account.get_username())
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(invited=True, validlink=True, **kwargs)

    def _over(self) -> HttpResponse:
        return render(self.request, self.template_name, {"invited": True}, status=410)
