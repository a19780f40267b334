"""Sign-in by an OpenID Connect server, by Authlib: code flow with PKCE, state and nonce.

Imported by the views that do, for it takes a third of a second. The server says who somebody is and
in which groups; which roles these have here is ours to say, anew at each sign-in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from authlib.integrations.django_client import OAuth
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseRedirect

from access import lookalike
from access.grant import Grant
from access.openid_account import OpenIdAccount
from access.openid_roles import read
from access.roles import Role

SECONDS = 10  # for each answer of the server
LEEWAY = 60  # seconds that its clock may be off
# Each with a key that the server alone has. Never none, and never a shared secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
MAX_NAME = 150  # characters of an account's name
MAX_SUBJECT = 255  # characters of what a server calls somebody, by the standard
MAX_TAKEN = 100  # accounts of one name


class Refused(Exception):
    """The server's word does not let in. Its text says why, to an operator."""


class NoRole(Refused):
    """It is right, and none of its groups has a role here."""


def begin(request: HttpRequest, back: str) -> HttpResponseRedirect:
    """Send to the server. Raises Refused when it does not answer."""
    try:
        answer: HttpResponseRedirect = _client().authorize_redirect(request, back)
    except Exception as exc:
        raise Refused(repr(exc)) from exc
    return answer


def shown(request: HttpRequest) -> User:
    """Who came back, with the roles of their groups. Raises Refused."""
    expected = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
        "sub": {"essential": True},
        "exp": {"essential": True},
    }
    try:
        token = _client().authorize_access_token(request, claims_options=expected, leeway=LEEWAY)
        claims = token["userinfo"]  # of the ID token, after its signature and nonce were right
    except Exception as exc:
        raise Refused(repr(exc)) from exc
    _check(claims)
    return _account(claims)


def _check(claims: Mapping[str, Any]) -> None:
    """Raises Refused for what no server of the standard says, and no table here takes."""
    subject, groups = claims["sub"], claims.get(settings.OIDC_GROUPS) or []
    if not isinstance(subject, str) or len(subject) > MAX_SUBJECT or "\x00" in subject:
        raise Refused(f"sub is no text of at most {MAX_SUBJECT} characters")
    if not isinstance(groups, str | list):
        raise Refused(f"{settings.OIDC_GROUPS} is no list")


def _client() -> Any:
    return _made(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


@lru_cache(maxsize=1)
def _made(issuer: str, client_id: str, client_secret: str) -> Any:
    """Keeps what the server says of itself. Raises what asking it does."""
    client = OAuth().register(
        "openid",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )
    said = client.load_server_metadata()
    if said.get("issuer") != issuer:
        raise Refused(f"{issuer} says that it is {said.get('issuer')}")
    offered = said.get("id_token_signing_alg_values_supported") or ["RS256"]
    said["id_token_signing_alg_values_supported"] = [a for a in offered if a in ALGORITHMS]
    return client


def _account(claims: Mapping[str, Any]) -> User:
    """Raises NoRole; then it is nobody's any more, if there was one."""
    try:
        return _found_or_made(claims)
    except IntegrityError:  # of two first sign-ins at once the other was faster, or a site went
        return _found_or_made(claims)


def _found_or_made(claims: Mapping[str, Any]) -> User:
    groups = claims.get(settings.OIDC_GROUPS) or []
    roles = _roles([groups] if isinstance(groups, str) else groups)
    who = {"issuer": settings.OIDC_ISSUER, "subject": claims["sub"]}
    with transaction.atomic():
        there = OpenIdAccount.objects.select_related("user").filter(**who).first()
        if there is None and not roles:
            raise NoRole("none of the groups has a role here")
        user = there.user if there is not None else _new(claims, who)
        if not user.is_active:
            raise Refused("the account is not active")
        kept = set()
        for (_, site), role in roles.items():
            made, _ = Grant.objects.update_or_create(user=user, site=site, defaults={"role": role})
            kept.add(made.pk)
        for gone in Grant.objects.filter(user=user).exclude(pk__in=kept):
            gone.delete()
    if not roles:
        raise NoRole("none of the groups has a role here")
    return user


def _roles(groups: Collection[Any]) -> dict[tuple[str, Any], Role]:
    """By the slug and the site; "" and None: every one. Of two for one site the higher counts."""
    sites = apps.get_model("devices", "Site").objects.in_bulk(field_name="slug")
    found: dict[tuple[str, Any], Role] = {}
    for group, role, slug in read(settings.OIDC_ROLES):
        if group in groups and (not slug or slug in sites):
            site = (slug, sites.get(slug))
            found[site] = max(role, found.get(site, role))
    return found


def _new(claims: Mapping[str, Any], who: dict[str, str]) -> User:
    """Never one that is there: who chooses a name elsewhere must not become somebody here."""
    offered = (claims.get("preferred_username"), claims.get("email"), claims["sub"])
    plain = ("".join(filter(str.isprintable, str(each or ""))).strip() for each in offered)
    name = User.normalize_username(next(filter(None, plain), "openid"))[: MAX_NAME - 4]
    taken = lookalike.taken(User.objects.values_list("username", flat=True))
    free = next(
        each
        for each in (name, *(f"{name}-{number}" for number in range(2, MAX_TAKEN)))
        if not lookalike.looks(each) & taken
    )
    user = User(username=free, email=str(claims.get("email") or "").replace("\x00", "")[:254])
    user.set_unusable_password()
    user.save()
    OpenIdAccount.objects.create(user=user, **who)
    return user
