"""Compares the broker's accounts with the registry, whole: after either of them was away, came back
from a backup, or lost what it had. What differs is put to be told; or all is written into a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from django.db.models import F

from bridge.accounts.wanted import Wanted, every
from bridge.mqtt.control import Control
from devices import broker_file
from devices.broker_account import BrokerAccount
from devices.dynsec import ROLE_PREFIX, Json, device_role, document, same_acls
from devices.dynsec_changes import is_in_its_role
from telemetry import sql

PAGE = 500  # clients or roles of one answer
CHUNK = 1_000  # rows of one statement
SQL = sql.parse(Path(__file__).with_name("reconciling.sql").read_text())


class Right(NamedTuple):
    """A device that was to be told, and that the broker has as it should be."""

    uid: str
    number: int  # of the change that was wanted before the broker was asked
    mark: str  # of its token


class Difference(NamedTuple):
    """Uids of devices, by what is wrong with the broker's account."""

    missing: list[str]
    other: list[str]
    orphaned: list[str]  # no device, or none with a token
    right: list[Right]

    @property
    def uids(self) -> list[str]:
        return [*self.missing, *self.other, *self.orphaned]


def difference(control: Control, progress: Callable[[int], None]) -> Difference:
    """`progress` is told how many devices were compared. Raises `ControlAway`."""
    behind = BrokerAccount.objects.exclude(told=F("wanted"))
    numbers = dict(behind.values_list("uid", "wanted"))  # before the broker is asked
    clients = {each["username"]: each for each in _listed(control, "listClients", "clients")}
    roles = {each["rolename"]: each for each in _listed(control, "listRoles", "roles")}
    ours = {name[len(ROLE_PREFIX) :] for name in roles if name.startswith(ROLE_PREFIX)}
    ours |= {uid for each in clients.values() if (uid := _uid(each))}
    missing, other, right = [], [], []
    for count, state in enumerate(every(), start=1):
        ours.discard(state.uid)
        role = roles.get(ROLE_PREFIX + state.uid)
        if role is None or any(each.username not in clients for each in state.accounts):
            missing.append(state.uid)
        elif not same_acls(state.acls or [], role["acls"]) or not _same(state, clients):
            other.append(state.uid)
        elif state.uid in numbers and len(state.accounts) == 1 and state.paused_until is None:
            # The others are to be told at a time that is still to come.
            right.append(Right(state.uid, numbers[state.uid], state.accounts[0].mark))
        if count % CHUNK == 0:
            progress(count)
    return Difference(missing, other, sorted(ours), right)


def _same(state: Wanted, clients: Mapping[str, Json]) -> bool:
    role = device_role(state.uid)
    wanted = {each.username: (each.mark, each.disabled, True) for each in state.accounts}
    there = {
        name: (
            clients[name].get("textname"),
            bool(clients[name].get("disabled")),
            is_in_its_role(clients[name], role),
        )
        for name in state.usernames
        if name in clients
    }
    return wanted == there


def _listed(control: Control, command: str, key: str) -> Iterator[Json]:
    offset = 0
    while True:
        page = {"command": command, "verbose": True, "count": PAGE, "offset": offset}
        (answer,) = control.ask([page])
        rows = answer.get("data", {}).get(key, [])
        yield from rows
        offset += PAGE
        if len(rows) < PAGE:
            return


def _uid(client: Json) -> str:
    """Of the device whose role it has, "" for an account of somebody else's."""
    names = (str(each.get("rolename", "")) for each in client.get("roles", []))
    return next((name[len(ROLE_PREFIX) :] for name in names if name.startswith(ROLE_PREFIX)), "")


def put_to_be_told(uids: Iterable[str]) -> None:
    """As if these devices had changed now."""
    rest = list(uids)
    with connection.cursor() as cursor:
        for start in range(0, len(rest), CHUNK):
            chunk = rest[start : start + CHUNK]
            cursor.execute("SELECT tell_broker_of(%s::text[])", [chunk])


def settle(right: Sequence[Right]) -> None:
    """Nobody needs to tell of these."""
    with connection.cursor() as cursor:
        for start in range(0, len(right), CHUNK):
            uids, numbers, marks = zip(*right[start : start + CHUNK], strict=True)
            cursor.execute(SQL["settle"], {"uids": list(uids), "numbers": list(numbers)})
            cursor.execute(SQL["forget_sealed"], {"uids": list(uids), "marks": list(marks)})


class Written(NamedTuple):
    devices: int  # in the file
    without: int  # devices whose tokens are older than accounts: they need new ones


def write_into(path: Path, *, only_if_lost: bool = False) -> Written | None:
    """All devices into the plugin's file, for a broker that does not run or is started again then;
    None when nothing was lost and nothing is written. Accounts of others in it stay. Raises
    `OSError`."""
    before = broker_file.read(path)
    accounts, roles, without = [], [], 0
    for state in every():
        usable = [each for each in state.accounts if each.verifier]
        without += not usable
        if usable:
            accounts += usable
            roles.append({"rolename": ROLE_PREFIX + state.uid, "acls": list(state.acls or [])})
    there = {each.get("username") for each in before.get("clients", [])}
    if only_if_lost and all(each.username in there for each in accounts):
        return None
    kept = {
        **before,
        "clients": [each for each in before.get("clients", []) if not _uid(each)],
        "roles": [
            each for each in before.get("roles", [])
            if not str(each.get("rolename", "")).startswith(ROLE_PREFIX)
        ],
    }  # fmt: skip
    broker_file.write(path, document(kept, accounts, roles))
    # Whoever was told to the broker, or could not be, is in the file now; what changed since that
    # was read is due all the same.
    BrokerAccount.objects.exclude(error="").update(error="", told=F("wanted"))
    return Written(len(roles), without)
