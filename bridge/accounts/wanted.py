"""What the broker is to have of devices, as the registry is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from devices.broker_account import KEPT_OUT, BrokerAccount
from devices.dynsec import GATEWAY, Account, Json, denials, device_acls, device_role, process_acls
from devices.models import Device
from devices.mqtt_rights import topics_of_devices
from devices.sealing import unseal
from devices.token_holder import SECOND

CHUNK = 500  # devices read at a time
MARK = 16  # digits of a token's digest: they tell a replaced token from the one that is wanted


class Wanted(NamedTuple):
    """Of one uid. Without `device` it is deleted, or the account that other dialects share."""

    uid: str
    accounts: Sequence[Account] = ()
    acls: Sequence[Json] | None = None  # None: no role, for it has no token
    device: Device | None = None
    paused_until: datetime | None = None  # then it, or a topic of it, is let in again

    @property
    def usernames(self) -> tuple[str, str]:
        return self.uid, self.uid + SECOND


def wanted(uids: Sequence[str]) -> list[Wanted]:
    """In the order of `uids`."""
    there = {each.uid: each for each in _of(Device.with_removed.filter(uid__in=uids))}
    if GATEWAY in uids:
        there[GATEWAY] = _of_gateway()
    return [there.get(uid, Wanted(uid)) for uid in uids]


def every() -> Iterator[Wanted]:
    """Of all devices with a token, by uid, read in steps."""
    after = ""
    while True:
        rows = Device.with_removed.exclude(token_digest="").filter(uid__gt=after)
        chunk = _of(rows.order_by("uid")[:CHUNK])
        if not chunk:
            return
        yield from chunk
        after = chunk[-1].uid


def _of(rows: Iterable[Device]) -> list[Wanted]:
    devices = list(rows)
    topics = topics_of_devices([each.pk for each in devices])
    paused = _paused([each.uid for each in devices])
    return [_of_one(each, topics[each.pk], paused.get(each.uid, NOT_PAUSED)) for each in devices]


class Paused(NamedTuple):
    until: datetime | None
    denied: Sequence[str]  # empty: it is kept out altogether

    @property
    def is_out(self) -> bool:
        return self.until is not None and not self.denied


NOT_PAUSED = Paused(None, ())


def _paused(uids: Iterable[str]) -> dict[str, Paused]:
    rows = BrokerAccount.objects.filter(KEPT_OUT, pk__in=uids)
    return {each.uid: Paused(each.paused_until, each.denied) for each in rows}


def _of_gateway() -> Wanted:
    paused = _paused([GATEWAY]).get(GATEWAY, NOT_PAUSED)
    acls = [*process_acls(GATEWAY), *denials(paused.denied)]
    account = Account(GATEWAY, GATEWAY, paused.is_out)
    return Wanted(GATEWAY, [account], acls, paused_until=paused.until)


def _of_one(device: Device, topics: Sequence[str], paused: Paused) -> Wanted:
    """A removed device keeps its accounts, disabled: it may be restored, with its token."""
    if not device.token_digest:
        return Wanted(device.uid, device=device)
    role = device_role(device.uid)
    off = not device.enabled or device.removed_at is not None or paused.is_out
    accounts = [
        Account(
            device.mqtt_username,
            role,
            off,
            device.token_verifier,
            unseal(device.token_sealed),
            device.token_digest[:MARK],
        )
    ]
    if device.former_ends() is not None:
        accounts.append(
            Account(
                device.former_username,
                role,
                off,
                device.former_verifier,
                unseal(device.former_sealed),
                device.former_digest[:MARK],
            )
        )
    acls = [*device_acls(topics), *denials(paused.denied)]
    return Wanted(device.uid, accounts, acls, device, paused.until)
