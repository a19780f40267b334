"""The columns of a device's token, and how one is replaced without its device falling silent.

The old token and the new one are both good for a while. A broker knows one password a user name,
so the two have different ones: the new token takes the name that the old one does not use.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models

from devices import clock
from devices.credentials import broker_verifier, new_credential
from devices.sealing import seal

KEPT = timedelta(hours=1)  # for which the old token stays good, when nobody says
MAX_KEPT = timedelta(days=7)
SECOND = ".2"  # ends the second user name; no uid has a full stop


class TokenHolder(models.Model):
    """A thing with a token of its own."""

    token_prefix = models.CharField(max_length=12, blank=True, editable=False)
    token_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    token_verifier = models.CharField(max_length=120, blank=True, db_default="", editable=False)
    token_sealed = models.TextField(blank=True, db_default="", editable=False)  # `devices.sealing`
    uses_second_name = models.BooleanField(default=False, db_default=False, editable=False)
    # The token before it, while both are good.
    former_digest = models.CharField(
        max_length=64, blank=True, db_default="", editable=False, db_index=True
    )
    former_verifier = models.CharField(max_length=120, blank=True, db_default="", editable=False)
    former_sealed = models.TextField(blank=True, db_default="", editable=False)
    former_until = models.DateTimeField(null=True, editable=False)

    TOKEN_FIELDS: ClassVar[tuple[str, ...]] = (
        "token_prefix", "token_digest", "token_verifier", "token_sealed", "uses_second_name",
        "former_digest", "former_verifier", "former_sealed", "former_until", "updated_at",
    )  # fmt: skip

    token = ""  # in the clear only on the instance that just issued it; never stored

    if TYPE_CHECKING:
        uid: str

    class Meta:
        abstract = True

    @property
    def mqtt_username(self) -> str:
        """The user name its token is the password of."""
        return self.uid + SECOND if self.uses_second_name else self.uid

    @property
    def former_username(self) -> str:
        """That of the token before it."""
        return self.uid if self.uses_second_name else self.uid + SECOND

    def former_ends(self) -> datetime | None:
        """When the token before it stops working; None when none works."""
        until = self.former_until
        return until if self.former_digest and until and until > clock.now() else None

    def issue_token(self, keep: timedelta = timedelta(0), *, given: str = "") -> str:
        """Replace its token; the caller saves `TOKEN_FIELDS`. The old one stays good for `keep`,
        and the one before that stops at once. `given`: the device brings its own. The result cannot
        be read again later."""
        kept = bool(keep and self.token_digest)
        self._forget_former()
        if kept:
            self.former_digest, self.former_verifier = self.token_digest, self.token_verifier
            self.former_sealed = self.token_sealed
            self.former_until = clock.now() + keep
            self.uses_second_name = not self.uses_second_name
        self.token, self.token_prefix, self.token_digest = new_credential(given)
        self.token_verifier = broker_verifier(self.token)
        self.token_sealed = seal(self.token)
        return self.token

    def revoke_tokens(self) -> None:
        """It has none any more, and none works; the caller saves `TOKEN_FIELDS`."""
        self._forget_former()
        self.token = self.token_prefix = self.token_digest = self.token_verifier = ""
        self.token_sealed = ""

    def _forget_former(self) -> None:
        self.former_digest = self.former_verifier = self.former_sealed = ""
        self.former_until = None
