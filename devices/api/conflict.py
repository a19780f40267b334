"""Two requests at the same moment: who comes second is told 409, and nothing of it is done.

What a request looked at before it wrote is no promise: meanwhile somebody else took the name, or
deleted what is written about. The database finds it in the end, and here it gets its words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, transaction
from rest_framework import status
from rest_framework.exceptions import APIException

logger = logging.getLogger(__name__)

TAKEN, REFERRED_TO = "23505", "23503"  # what Postgres calls a second one, and a reference to none


class Conflict(APIException):
    """Another request took the same unique value between the check and the write."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "Another request created one of these at the same moment. Send it again."
    default_code = "conflict"


class GoneMeanwhile(APIException):
    """What is written, or what it belongs to, was there when the request began."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = (
        "Something this is about was deleted at the same moment, and nothing was changed."
        " Look at what is there now."
    )
    default_code = "gone_meanwhile"


def conflict(exc: BaseException) -> Conflict | GoneMeanwhile | None:
    """What is said of an error that another request is the reason of; None: it is none such. It is
    logged with where it came from: should no other request be the reason, it is a fault of ours."""
    state = _state(exc)
    # Django itself finds no row to write, which has no error of Postgres's beneath.
    unwritten = isinstance(exc, DatabaseError) and exc.__cause__ is None
    found: Conflict | GoneMeanwhile
    if state == TAKEN:
        found = Conflict()
    elif state == REFERRED_TO or unwritten or isinstance(exc, ObjectDoesNotExist):
        found = GoneMeanwhile()
    else:
        return None
    logger.warning("overtaken", exc_info=exc, extra={"action": "overtaken"})
    return found


def is_taken(exc: IntegrityError) -> bool:
    """Whether another row has the same unique value: not, that something is missing."""
    return _state(exc) == TAKEN


@contextmanager
def refused_as(refusal: APIException) -> Iterator[None]:
    """In a transaction. Raises the refusal where another row has the same unique value."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        if is_taken(exc):
            raise refusal from exc
        raise


def _state(exc: BaseException) -> str | None:
    is_ours = isinstance(exc, IntegrityError)
    return getattr(exc.__cause__, "sqlstate", None) if is_ours else None
