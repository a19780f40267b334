"""Who is calling: an API token, or for making one, a password."""

from __future__ import annotations

import binascii
from hmac import compare_digest
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.authentication import BasicAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from access import factor
from access.compiled_query import CompiledQuery
from access.tries import TooManyTries
from devices import clock
from devices.api import token_use

SCHEMES = (b"token", b"bearer")  # before an API token, in any case of letters


_BEGIN = "\0"  # stands for how a token begins
# As Knox asks, with how far each reaches beside it.
_TOKENS: CompiledQuery[AuthToken] = CompiledQuery(
    lambda: AuthToken.objects.filter(token_key=_BEGIN).select_related("user", "given"), _BEGIN
)


def is_over(token: AuthToken) -> bool:
    """Whether it has expired, by the clock that counts on all hosts."""
    return token.expiry is not None and token.expiry <= clock.now()


def _digest(token: bytes) -> str:
    try:
        digest: str = hash_token(token.decode())
    except (TypeError, binascii.Error):
        raise AuthenticationFailed("Invalid token.") from None
    return digest


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token pb_…`, or `Bearer` as most programs write it."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        return self.authenticate_header_value(get_authorization_header(request))

    def authenticate_header_value(self, value: bytes) -> tuple[Any, Any] | None:
        """The user and the token a header names; None when it is about something else. Raises
        AuthenticationFailed for a token that is none."""
        words = value.split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        if len(words) != 2:  # the scheme and the token
            raise AuthenticationFailed("Invalid token header: it has a scheme and a token.")
        return self.authenticate_credentials(words[1])

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        # Knox answers 500 to bytes that are no text and to what Postgres cannot compare.
        if not (token.isascii() and b"\x00" not in token):
            raise AuthenticationFailed("Invalid token.")
        key = token.decode()[: CONSTANTS.TOKEN_KEY_LENGTH]
        for found in _TOKENS.rows(key):
            if self._cleanup_token(found):
                continue
            if compare_digest(_digest(token), found.digest):
                self.validate_user(found)
                token_use.note(found)
                return found.user, found
        raise AuthenticationFailed("Invalid token.")

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """Whether it has expired; then it is gone."""
        if expired := is_over(auth_token):
            auth_token.delete()
        return expired


class PasswordAuthentication(BasicAuthentication):
    """Name and password by HTTP Basic, so that a script can get its first token. Guessing is slowed
    down as at the log-in (`access.tries`)."""

    www_authenticate_realm = "pulseboard"

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> tuple[Any, None]:
        if "\x00" in userid:
            raise AuthenticationFailed("Invalid username/password.")
        try:
            found = super().authenticate_credentials(userid, password, request)
        except TooManyTries as exc:
            raise Throttled(wait=exc.wait) from exc
        if factor.has_any(found[0]) or factor.is_required(found[0]):
            # A password alone must not open what it does not open on the pages.
            raise AuthenticationFailed("This account wants more: make a token on its page.")
        return found


class ApiTokenScheme(OpenApiAuthenticationExtension):
    target_class = ApiTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002
        return build_bearer_security_scheme_object(
            header_name="Authorization", token_prefix=self.target.authenticate_header("")
        )


class PasswordScheme(OpenApiAuthenticationExtension):
    target_class = PasswordAuthentication
    name = "password"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002
        return {"type": "http", "scheme": "basic"}
