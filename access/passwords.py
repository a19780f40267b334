"""How a password is stored, and what ends when it is changed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from knox.models import AuthToken


class LastingHasher(PBKDF2PasswordHasher):
    """Django's own way; but what it stored stays until the password is changed.

    Each version of Django takes more rounds and writes a hash anew at the next log-in. The key of
    every session is made of the hash, so a script that asks for a token by name and password, or a
    log-in on a telephone, would sign the same person out everywhere else.
    """

    def must_update(self, encoded: str) -> bool:  # noqa: ARG002
        return False

    def verify(self, password: str, encoded: str) -> bool:
        """A wrong one takes as many rounds as a name that nobody has: Django adds those that an
        older version left out only for what it writes anew."""
        is_it: bool = super().verify(password, encoded)
        if not is_it:
            self.harden_runtime(password, encoded)
        return is_it


class TokensEnd:
    """With a password its owner's API tokens end, whichever way it is changed: who learned it may
    have made one by it, which would outlive it. Not those of a user whose `keeps_tokens` is true.

    It refuses no password. But Django tells those that may refuse, and nobody else, of each that it
    has stored: on a page, by REST, in the admin, by a link and by `manage.py changepassword`.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Any is right."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: Any = None) -> None:  # noqa: ARG002
        if user is not None and not getattr(user, "keeps_tokens", False):
            AuthToken.objects.filter(user=user).delete()
