"""Devices that register themselves with the provisioning key of a site, as ThingsBoard's do."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from access import tries
from access.tries import Limit
from devices import clock, signals
from devices.credentials import TOKEN_PREFIX
from devices.metadata import can_be_stored
from devices.models import UID_PATTERN, Device, DeviceAlias
from devices.provisioning_key import ProvisioningKey, secret_digest

BY_ADDRESS = Limit(10, 30.0)  # claims with a wrong key from one address
BY_KEY = Limit(200, 2.0)  # devices of one site
# Of a token that a device brings: 256 bits in base64, and what tells that it is one of ours.
TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43,125}}")
NO_KEY = "No site has this provisioning key."


class Claimed(NamedTuple):
    """A device that was just registered, with its token in the clear; or why none was."""

    device: Device | None
    refused: str = ""


def claim(asked: Mapping[str, Any], address: str | None) -> Claimed:
    """As ThingsBoard's provisioning names it. Raises `TooManyTries`."""
    found = _key_of(asked, address)
    if found is None:
        return Claimed(None, NO_KEY)
    uid = asked.get("deviceName") or f"device-{secrets.token_hex(8)}"
    token = asked.get("token") or ""
    if not isinstance(uid, str) or not re.fullmatch(UID_PATTERN, uid):
        return Claimed(None, "deviceName: 1 to 64 characters, each a letter, a digit, '_' or '-'.")
    if asked.get("credentialsType", "ACCESS_TOKEN") != "ACCESS_TOKEN":
        return Claimed(None, "credentialsType: ACCESS_TOKEN is the only one.")
    if token and not (isinstance(token, str) and TOKEN.fullmatch(token)):
        return Claimed(None, f"token: {TOKEN_PREFIX} and 43 to 125 of A-Z, a-z, 0-9, '_' and '-'.")
    tries.take({f"claimed:{found.pk}": BY_KEY})
    return _register(found, uid, token)


def _key_of(asked: Mapping[str, Any], address: str | None) -> ProvisioningKey | None:
    key, secret = asked.get("provisionDeviceKey"), asked.get("provisionDeviceSecret")
    with tries.trying({f"claim:{tries.home(address)}": BY_ADDRESS}) as this:
        if not isinstance(key, str) or not isinstance(secret, str):
            return None
        if not can_be_stored(key) or not can_be_stored(secret):
            return None
        found = ProvisioningKey.objects.filter(key=key).select_related("site").first()
        if found is None or not secrets.compare_digest(found.digest, secret_digest(secret)):
            return None
        if found.expires_at is not None and found.expires_at <= clock.now():
            return None
        this.succeeded()
    return found


def _register(found: ProvisioningKey, uid: str, token: str) -> Claimed:
    taken = Claimed(None, "A device of this name is there already.")  # its token is nobody's
    device = Device(uid=uid, name=uid, site=found.site)
    device.issue_token(given=token)
    mine = Device.objects.filter(uid=uid, site=found.site, token_digest=device.token_digest)
    if token and (there := mine.first()):  # it asks again, for it has not heard the answer
        there.token = token
        return Claimed(there)
    if Device.taken([uid]) or DeviceAlias.objects.filter(alias=uid).exists():
        return taken
    same = Q(token_digest=device.token_digest) | Q(former_digest=device.token_digest)
    if Device.with_removed.filter(same).exists():
        return Claimed(None, "token: another device has it.")
    try:
        with transaction.atomic():
            device.save(force_insert=True)
            ProvisioningKey.objects.filter(pk=found.pk).update(used_at=Now())
            signals.tell("registered", [device], None, claimed_with=found.key)
    except IntegrityError:  # two at once
        return taken
    return Claimed(device)
