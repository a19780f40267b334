"""Passkeys, by Yubico's library: made on the account page, shown instead of a password.

Imported by the views that do, for it takes a quarter of a second."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from access.factor import MAX_PASSKEY_NAME, Passkey

# The key says whose it is, and its device asks for a finger, a face or a PIN: two factors in one.
_RESIDENT = ResidentKeyRequirement.REQUIRED
_VERIFIED = UserVerificationRequirement.REQUIRED
MAKING, SHOWING = "passkey_making", "passkey_showing"  # in the session, until answered


class Refused(Exception):
    """What a browser sent is no passkey, or none that is known here."""


def begin_making(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the browser is asked for."""
    there = [
        PublicKeyCredentialDescriptor(
            type=PublicKeyCredentialType.PUBLIC_KEY, id=bytes(each.credential_id)
        )
        for each in Passkey.objects.filter(user=user)
    ]
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=str(user.pk).encode(), name=user.get_username(), display_name=user.get_username()
        ),
        credentials=there,
        resident_key_requirement=_RESIDENT,
        user_verification=_VERIFIED,
    )
    request.session[MAKING] = dict(state)
    return dict(options)


def make(request: HttpRequest, user: User, name: str, answer: Any) -> Passkey:
    """Raises Refused."""
    state = request.session.pop(MAKING, None)
    if state is None:
        raise Refused
    try:
        made = _server(request).register_complete(state, answer)
    except Exception as exc:
        raise Refused from exc
    key = made.credential_data
    if key is None or Passkey.objects.filter(credential_id=key.credential_id).exists():
        raise Refused
    return Passkey.objects.create(
        user=user,
        name=name[:MAX_PASSKEY_NAME],
        credential_id=key.credential_id,
        public=bytes(key),
        uses=made.counter,
    )


def begin_showing(request: HttpRequest) -> dict[str, Any]:
    options, state = _server(request).authenticate_begin(user_verification=_VERIFIED)
    request.session[SHOWING] = dict(state)
    return dict(options)


def shown(request: HttpRequest, answer: Any) -> User:
    """Whose passkey it is. Raises Refused."""
    state = request.session.pop(SHOWING, None)  # so that an answer is good once
    if state is None:
        raise Refused
    try:
        read = AuthenticationResponse.from_dict(answer)
        key = Passkey.objects.select_related("user").get(credential_id=read.raw_id)
        public = AttestedCredentialData(bytes(key.public))
        _server(request).authenticate_complete(state, [public], read)
    except Exception as exc:
        raise Refused from exc
    uses = read.response.authenticator_data.counter
    # A count that does not grow is that of a copy; devices that do not count say 0.
    is_next = Q(uses__lt=uses) | Q(uses=0) if uses == 0 else Q(uses__lt=uses)
    if not Passkey.objects.filter(is_next, pk=key.pk).update(uses=uses, used_at=Now()):
        raise Refused
    if not key.user.is_active:
        raise Refused
    return key.user


def _server(request: HttpRequest) -> Fido2Server:
    here = request.build_absolute_uri("/").rstrip("/")
    host = request.get_host().rsplit(":", 1)[0]
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name="Pulseboard"),
        verify_origin=lambda origin: origin == here,
    )
