"""Invitations one has made: a link that makes an account with a role (`access.invitation`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import audit, invitation, links
from access.models import Invitation
from access.permission import check_named
from access.roles import Role
from access.scope import Scope
from devices.api.strict import Strict
from devices.events import announce_account
from devices.models import Site
from devices.summary import unix_ms

MAIL_SECONDS = 20  # until a server has taken it
ROLES = {each.name.lower(): each for each in Role}


class NewInvitation(Strict):
    role = serializers.ChoiceField(choices=list(ROLES))
    site = serializers.SlugField(
        allow_null=True, default=None, help_text="Of the one site; null: every site."
    )
    email = serializers.EmailField(
        allow_blank=True, default="", help_text="It is sent there, and the account then has it."
    )


class InvitationShape(serializers.Serializer):
    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=list(ROLES))
    site = serializers.CharField(allow_null=True, help_text="Its name; null: every site.")
    email = serializers.CharField()
    expires = serializers.IntegerField(help_text="Unix milliseconds.")


class MadeInvitation(InvitationShape):
    link = serializers.CharField(help_text="Shown this once.")


class InvitationsView(APIView):
    # A token that leaked must not make accounts.
    authentication_classes = [SessionAuthentication]
    pagination_class = None

    @extend_schema(
        operation_id="account_invitations",
        summary="List the invitations you have made that wait",
        tags=["Account"],
        responses=InvitationShape(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response([_shape(each) for each in _own(request).order_by("-id")])

    @extend_schema(
        operation_id="account_invitations_create",
        summary="Invite somebody",
        description="With a session only. Makes a link that holds for a week and works once.",
        tags=["Account"],
        request=NewInvitation,
        responses={201: MadeInvitation},
    )
    def post(self, request: Request) -> Response:
        wanted = NewInvitation(data=request.data)
        wanted.is_valid(raise_exception=True)
        said = wanted.validated_data
        scope = Scope.of(request)
        site = None
        if said["site"] is not None:
            check_named(request, Site, slug=said["site"])
            visible = Site.objects.visible_to(scope)
            site = visible.filter(slug=said["site"]).first()
            if site is None:
                raise ValidationError({"site": ["There is no such site."]})
        if not scope.may_administer(None if site is None else site.pk):
            raise PermissionDenied("This is for who administers there.")
        if said["email"] and not settings.EMAIL_HOST:
            raise ValidationError({"email": ["No server takes e-mail here: pass the link on."]})
        if _own(request).count() >= invitation.MAX_STANDING:
            raise ValidationError("So many of yours wait; withdraw one first.")
        user: Any = request.user
        with transaction.atomic():
            token, made = invitation.make(
                user, ROLES[said["role"]], None if site is None else site.pk, said["email"]
            )
            audit.record(request, "invitation.made", made)
            link = links.to(reverse("invitation", args=[token]), request)
            if said["email"]:
                _send(user.get_username(), said["email"], link)
        announce_account(user.get_username())
        made.refresh_from_db()
        return Response(_shape(made) | {"link": link}, status=201)


class InvitationView(APIView):
    authentication_classes = [SessionAuthentication]

    @extend_schema(
        operation_id="account_invitations_destroy",
        summary="Withdraw one of your invitations",
        tags=["Account"],
        responses={204: None},
    )
    def delete(self, request: Request, invitation_id: int) -> Response:
        with transaction.atomic():
            found = get_object_or_404(_own(request), pk=invitation_id)
            audit.record(request, "invitation.withdrawn", found)
            found.delete()
        announce_account(request.user.get_username())
        return Response(status=204)


def _own(request: Request) -> QuerySet[Invitation]:
    return invitation.standing().select_related("site").filter(made_by_id=request.user.pk)


def _shape(made: Invitation) -> dict[str, Any]:
    return {
        "id": made.pk,
        "role": Role(made.role).name.lower(),
        "site": None if made.site is None else made.site.name,
        "email": made.email,
        "expires": unix_ms(made.expires_at),
    }


def _send(by: str, to: str, link: str) -> None:
    """Raises ValidationError, with what the server said: then there is no invitation."""
    text = gettext(
        "{name} invites you to Pulseboard. Choose a name and a password here, within a"
        " week:\n\n{link}"
    )
    mail = EmailMessage(
        gettext("Invitation to Pulseboard"), text.format(name=by, link=link), to=[to]
    )
    try:
        get_connection(timeout=MAIL_SECONDS).send_messages([mail])
    except OSError as exc:  # of which those of smtplib are
        raise ValidationError({"email": [f"It could not be sent: {exc}"]}) from exc
