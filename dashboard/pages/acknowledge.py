"""The page of a link with which whoever was told of an alert acknowledges it, without a log-in.

The signed link is all the authority there is: no cookie is read or set. Whatever looks at the
address (a mail scanner, a preview in a chat) changes nothing; only the button does, once.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from notifications import links
from notifications.content import Content
from notifications.links import BadLink, OldLink
from notifications.models import Decision, Recipient
from notifications.recipients import wishes_of
from notifications.standing import Standing

TEMPLATE = "dashboard/acknowledge.html"


# Nothing of a session is used, so another site's form could do no more than hold the link itself.
@method_decorator(csrf_exempt, name="dispatch")
class AcknowledgePage(View):
    """What the alert is, and one button."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except BadLink as exc:
            answer = render(request, TEMPLATE, {"wrong": str(exc)}, status=404)
        except OldLink as exc:
            answer = render(request, TEMPLATE, {"wrong": str(exc)}, status=410)
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex"
        return answer

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        decision, standing = links.opened(token)
        return render(request, TEMPLATE, _facts(decision, standing))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        links.use(token)
        # So that a reload sends nothing again.
        answer = HttpResponseRedirect(request.path)
        answer.status_code = 303
        return answer


def _facts(decision: Decision, standing: Standing) -> dict[str, Any]:
    content = Content.read(decision.occasion.content)
    return {
        "severity": standing.severity,
        "sentence": standing.sentence,
        "device": content.device,
        "site": content.site,
        "runbook": content.runbook,
        "who": decision.who,
        "zone": _zone(decision),
        "since": standing.started_at,
        "over": standing.cleared_at,
        "acknowledged_at": standing.acknowledged_at,
        "acknowledged_by": standing.acknowledged_by,
        "used_at": decision.link_used_at,
    }


def _zone(decision: Decision) -> ZoneInfo:
    which = {"user": decision.user} if decision.user else {"channel": decision.channel}
    return wishes_of(Recipient.objects.filter(**which).first() or Recipient()).zone
