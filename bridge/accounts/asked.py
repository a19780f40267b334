"""What brokers ask over HTTP of who comes to them: as EMQX 5, mosquitto-go-auth and VerneMQ ask.

Off unless `PULSEBOARD_BROKER_SECRET` is set, which the broker sends along. Whatever is not a device
of ours that may be there is denied; see docs/broker-accounts.md.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import NotAuthenticated, Throttled
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.acting import address_of
from access.throttle import Callers
from devices.api.parsers import ForeignJSONParser
from devices.metadata import can_be_stored
from devices.mqtt_rights import may_be_there, topics_of
from devices.topic_filter import covers, matches

WRONG = 1.0  # requests a second of one address that does not know the secret
MAX_TOPICS = 100  # of one question of VerneMQ's
NOT_ALLOWED = 128  # in place of a QoS
READ, WRITE, BOTH, SUBSCRIBE = 1, 2, 3, 4  # of mosquitto-go-auth

callers = Callers()


class OfBroker(APIView):
    """Answers who knows the secret; no session or token of a person opens it."""

    changes_nothing = True
    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar[list[Any]] = []
    throttle_classes: ClassVar[list[Any]] = []
    parser_classes: ClassVar[list[Any]] = [ForeignJSONParser, FormParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not settings.BROKER_SECRET:
            raise Http404
        is_broker = secrets.compare_digest(_given(request), settings.BROKER_SECRET.encode())
        who = "broker" if is_broker else f"address {address_of(request._request)}"
        rate = settings.BROKER_REQUESTS if is_broker else WRONG
        if wait := callers.wait(who, rate, time.monotonic()):
            raise Throttled(wait)
        if not is_broker:
            raise NotAuthenticated

    def get_authenticate_header(self, _request: Request) -> str:
        return "Bearer"


def _given(request: Request) -> bytes:
    """As `Bearer SECRET`, or as the password of HTTP Basic, which an address can hold."""
    scheme, _, word = get_authorization_header(request).partition(b" ")
    if scheme.lower() == b"bearer":
        return word.strip()
    try:
        return base64.b64decode(word).partition(b":")[2] if scheme.lower() == b"basic" else b""
    except binascii.Error:
        return b""


def _word(request: Request, name: str) -> str:
    """ "" for what is no text, or none that Postgres takes."""
    found = request.data.get(name) if hasattr(request.data, "get") else None
    return found if isinstance(found, str) and can_be_stored(found) else ""


def _is_device(request: Request) -> bool:
    return may_be_there(_word(request, "username"), _word(request, "password"))


def _may_use(request: Request, *, subscribing: bool) -> bool:
    return _may(_word(request, "username"), _word(request, "topic"), subscribing=subscribing)


def _may(username: str, topic: str, *, subscribing: bool) -> bool:
    holds = covers if subscribing else matches
    if not topic or (not subscribing and ("+" in topic or "#" in topic)):
        return False
    theirs = topics_of(username, sending="" if subscribing else topic)
    return any(holds(each, topic) for each in theirs)


@extend_schema(exclude=True)
class EmqxAuthentication(OfBroker):
    def post(self, request: Request) -> Response:
        if not _is_device(request):
            return Response({"result": "deny"})
        return Response({"result": "allow", "is_superuser": False})


@extend_schema(exclude=True)
class EmqxAuthorization(OfBroker):
    def post(self, request: Request) -> Response:
        action = _word(request, "action")
        may = action in ("publish", "subscribe") and _may_use(
            request, subscribing=action == "subscribe"
        )
        return Response({"result": "allow" if may else "deny"})


def _by_status(may: bool) -> Response:
    """The status counts, or `ok`, as the broker is set up."""
    if may:
        return Response({"ok": True, "error": ""})
    return Response({"ok": False, "error": "not allowed"}, status=403)


@extend_schema(exclude=True)
class MosquittoUser(OfBroker):
    def post(self, request: Request) -> Response:
        return _by_status(_is_device(request))


@extend_schema(exclude=True)
class MosquittoAcl(OfBroker):
    def post(self, request: Request) -> Response:
        try:
            access = int(request.data.get("acc", 0))
        except (AttributeError, TypeError, ValueError):
            access = 0
        known = access in (READ, WRITE, BOTH, SUBSCRIBE)
        return _by_status(known and _may_use(request, subscribing=access == SUBSCRIBE))


def _in_vernemqs_words(may: bool, **more: Any) -> Response:
    return Response({"result": "ok", **more} if may else {"result": {"error": "not allowed"}})


@extend_schema(exclude=True)
class Vernemq(OfBroker):
    """The webhooks `auth_on_register`, `auth_on_publish` and `auth_on_subscribe`, and those of MQTT
    5 that end in `_m5`; a header says which it is. Any other is refused."""

    def post(self, request: Request) -> Response:
        hook = request.headers.get("vernemq-hook", "").removesuffix("_m5")
        if hook == "auth_on_subscribe":
            return self._subscribing(request)
        may = (hook == "auth_on_register" and _is_device(request)) or (
            hook == "auth_on_publish" and _may_use(request, subscribing=False)
        )
        return _in_vernemqs_words(may)

    def _subscribing(self, request: Request) -> Response:
        """Of several topics it may be let have some."""
        asked = request.data.get("topics") if hasattr(request.data, "get") else None
        if not isinstance(asked, list) or not 0 < len(asked) <= MAX_TOPICS:
            return _in_vernemqs_words(False)
        username, topics = _word(request, "username"), []
        for each in asked:
            given = each.get("topic") if isinstance(each, dict) else None
            topic = given if isinstance(given, str) and can_be_stored(given) else ""
            may = _may(username, topic, subscribing=True)
            topics.append({"topic": topic, "qos": each.get("qos", 0) if may else NOT_ALLOWED})
        allowed = [each for each in topics if each["qos"] != NOT_ALLOWED]
        some = {"topics": topics} if len(allowed) < len(topics) else {}
        return _in_vernemqs_words(bool(allowed), **some)
