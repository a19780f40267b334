"""When an API token was used last, so that one nobody uses any more is found and revoked."""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError
from django.db.models.functions import Now
from knox.models import AuthToken

from devices.api_token_name import ApiTokenName

logger = logging.getLogger(__name__)

NOTED_FOR = 60.0  # seconds until the use of a token is noted again by this process
MAX_NOTED = 10_000  # tokens a process remembers having noted

_noted: dict[str, float] = {}  # digest: monotonic seconds


def note(token: AuthToken) -> None:
    """It is used now. A note that fails costs the request nothing."""
    now = time.monotonic()
    if now - _noted.get(token.pk, -NOTED_FOR) < NOTED_FOR:
        return
    used = ApiTokenName(token=token, used_at=Now())
    try:
        ApiTokenName.objects.bulk_create(
            [used], update_conflicts=True, unique_fields=["token"], update_fields=["used_at"]
        )
    except DatabaseError as exc:  # it may have been revoked meanwhile
        logger.warning("use of a token not noted: %s", exc, extra={"action": "token_use_lost"})
        return
    if len(_noted) >= MAX_NOTED:
        _noted.clear()
    _noted[token.pk] = now
