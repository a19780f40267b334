"""Errors of the framework below the API, answered as the API answers."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from devices.api.conflict import conflict

logger = logging.getLogger(__name__)


class BodyTooLarge(APIException):
    """The request body is larger than the server reads."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(f"The body is larger than {limit} bytes; send it in parts.")


class DatabaseAway(APIException):
    """The request was right; the same one is answered once the database is back."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database does not answer. Ingestion goes on; try again in a moment."
    default_code = "database_away"


FULL = "53100"  # how Postgres calls it
DISK_FULL = (
    "The database's disk is full: nothing new can be written. Make room, then send it again."
)


def database_away(exc: BaseException) -> DatabaseAway:
    """What is said of an error of the database that is not of the request. That its disk is full
    is named: it does answer, and somebody must make room."""
    return DatabaseAway(DISK_FULL if is_disk_full(exc) else None)


def is_disk_full(exc: BaseException) -> bool:
    return getattr(exc.__cause__, "sqlstate", None) == FULL


class RedisAway(APIException):
    """What was asked for is in Redis; the same request is answered once that is back."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Redis does not answer. Try again in a moment."
    default_code = "redis_away"


def answer(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler. What Django would answer with an HTML page, a body over the limit, a
    database that is away or another request that was faster, is told as the API tells everything
    else."""
    if isinstance(exc, RequestDataTooBig):
        exc = BodyTooLarge()
    elif isinstance(exc, OperationalError | InterfaceError):
        logger.warning("request not answered: %s", exc, extra={"action": "database_down"})
        exc = database_away(exc)
    elif found := conflict(exc):
        exc = found
    return exception_handler(exc, context)
