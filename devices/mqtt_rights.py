"""Who may be at a broker, and which topics each may use, as the database's views say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import connection

from devices.broker_account import KEPT_OUT, BrokerAccount
from devices.credentials import token_digest
from devices.token_holder import SECOND


def topics_of_devices(device_ids: Iterable[int]) -> Mapping[int, list[str]]:
    """What each may use, whether or not it may be there now."""
    found: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT device_id, topic FROM mqtt_device_topics WHERE device_id = ANY(%s::int[])"
            " ORDER BY topic",
            [list(device_ids)],
        )
        for device_id, topic in cursor:
            found[device_id].append(topic)
    return found


def may_be_there(username: str, token: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM mqtt_accounts WHERE username = %s AND password_sha256 = %s",
            [username, token_digest(token)],
        )
        return cursor.fetchone() is not None


def topics_of(username: str, sending: str = "") -> list[str]:
    """None, while it may not be there, or while what it sends under this topic is kept out."""
    closed = BrokerAccount.objects.filter(
        KEPT_OUT, pk__in=[username, username.removesuffix(SECOND)], denied__contains=[sending]
    )
    if sending and closed.exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT topic FROM mqtt_topics WHERE username = %s", [username])
        return [topic for (topic,) in cursor]
