"""The words of Mosquitto's dynamic-security plugin: roles, clients, and its whole file. Pure.

A role for each device with its topics written out: patterns came with Mosquitto 2.1, and this is
right in both. Two clients may have a device's role, its user names (`devices.token_holder`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from devices.credentials import VERIFIER_ROUNDS, broker_verifier, verifies

CONTROL_TOPIC = "$CONTROL/dynamic-security/v1"
# Where devices ask to be registered (`bridge.accounts.claims`), as ThingsBoard has it. A request
# holds a secret: one process of ours reads it, and nobody else.
CLAIMS, CLAIM_ANSWERS = "/provision/request", "/provision/response"
ROLE_PREFIX = "device-"  # of a device's role, before its uid; whatever has none is not ours
SEND, RECEIVE, SUBSCRIBE = "publishClientSend", "publishClientReceive", "subscribePattern"
ALL = (SEND, RECEIVE, SUBSCRIBE)
# Accounts that are no device's: of our processes, and of gateways of other dialects. No uid
# has a full stop, so no device is called like one.
CONTROL, BRIDGE = "pulseboard.control", "pulseboard.bridge"
SIMULATOR, GATEWAY = "pulseboard.simulator", "pulseboard.gateway"
PROCESSES = (CONTROL, BRIDGE, SIMULATOR, GATEWAY)
SHARED = "devices"  # which devices of Compose shared, before each had its own
NOBODY = {
    "publishClientSend": False,
    "publishClientReceive": False,
    "subscribe": False,
    "unsubscribe": True,
}

Json = dict[str, Any]


class Account(NamedTuple):
    """A user name as the broker is to have it."""

    username: str
    role: str
    disabled: bool = False
    verifier: str = ""  # `devices.credentials.broker_verifier`
    password: str = ""  # in the clear, where that can still be had
    mark: str = ""  # tells tokens apart, and nothing of them


def acl(kind: str, topic: str, priority: int = 0, *, allow: bool = True) -> Json:
    return {"acltype": kind, "topic": topic, "priority": priority, "allow": allow}


def device_role(uid: str) -> str:
    return ROLE_PREFIX + uid


def device_acls(topics: Iterable[str]) -> list[Json]:
    """It may use these, and no other."""
    return [acl(kind, topic) for topic in topics for kind in ALL]


def denials(topics: Iterable[str]) -> list[Json]:
    """It may send nothing under these, whatever else it may."""
    return [acl(SEND, topic, 20, allow=False) for topic in topics]


def process_acls(name: str) -> list[Json]:
    return next(list(each["acls"]) for each in process_roles() if each["rolename"] == name)


def process_roles() -> list[Json]:
    """What our own processes may, and a gateway of other dialects: whatever there is, but not speak
    as a device with a credential of its own."""
    anything = [acl(kind, "#") for kind in ALL]
    no_control = [acl(kind, "$CONTROL/#", 10, allow=False) for kind in ALL]
    reads_all = [acl(kind, "$SYS/#") for kind in (RECEIVE, SUBSCRIBE)]
    no_device = [acl(kind, "devices/#", 10, allow=False) for kind in ALL]
    control = [
        *(acl(kind, "$CONTROL/dynamic-security/#") for kind in ALL),
        *(acl(kind, CLAIMS) for kind in (RECEIVE, SUBSCRIBE)),
        acl(SEND, CLAIM_ANSWERS),
    ]
    no_control += [acl(RECEIVE, CLAIMS, 10, allow=False), acl(SEND, CLAIM_ANSWERS, 10, allow=False)]
    return [
        {"rolename": CONTROL, "acls": control},
        {"rolename": BRIDGE, "acls": [*anything, *reads_all, *no_control]},
        {"rolename": SIMULATOR, "acls": [*anything, *no_control]},
        {"rolename": GATEWAY, "acls": [*anything, *no_device, *no_control]},
    ]


def shared_role() -> Json:
    """What devices could do that had no account of their own: speak as any of them."""
    topics = ("devices/+/telemetry", "devices/+/status")
    reads = [acl(kind, "devices/+/errors") for kind in (RECEIVE, SUBSCRIBE)]
    return {"rolename": SHARED, "acls": [*(acl(SEND, topic) for topic in topics), *reads]}


def client(account: Account) -> Json:
    """A client as it stands in the plugin's file."""
    salt, hashed = account.verifier.split("$")
    found: Json = {
        "username": account.username,
        "roles": [{"rolename": account.role}],
        "password": hashed,
        "salt": salt,
        "iterations": VERIFIER_ROUNDS,
    }
    found |= {"textname": account.mark} if account.mark else {}
    return found | ({"disabled": True} if account.disabled else {})


def process_accounts(passwords: Mapping[str, str]) -> list[Account]:
    """By user name, which is the role's as well."""
    return [Account(name, name, verifier=broker_verifier(word)) for name, word in passwords.items()]


def document(before: Json, accounts: Sequence[Account], roles: Sequence[Json]) -> Json:
    """The plugin's file with these in place of those of the same name; others in it stay."""
    clients = {each["username"]: each for each in before.get("clients", [])}
    clients |= {each.username: client(each) for each in accounts}
    by_name = {each["rolename"]: each for each in before.get("roles", [])}
    by_name |= {each["rolename"]: each for each in roles}
    return {
        "groups": [],
        **before,
        "defaultACLAccess": NOBODY,
        "clients": list(clients.values()),
        "roles": list(by_name.values()),
    }


def with_processes(before: Json, passwords: Mapping[str, str]) -> Json:
    """The plugin's file with our processes' accounts as they should be, and those of devices, and
    of others, as they were."""
    roles = [*process_roles(), *([shared_role()] if SHARED in passwords else [])]
    found = document(before, process_accounts(passwords), roles)
    if SHARED not in passwords:
        for key, name in (("clients", "username"), ("roles", "rolename")):
            found[key] = [each for each in found[key] if not _is_shared(each, name)]
    return found


def has_processes(before: Json, passwords: Mapping[str, str]) -> bool:
    """Whether `with_processes` would change nothing but the salts."""
    clients = {each["username"]: each for each in before.get("clients", [])}
    wanted = with_processes(before, passwords)
    return (
        all(name in clients and _has_word(clients[name], word) for name, word in passwords.items())
        and before.get("defaultACLAccess") == wanted["defaultACLAccess"]
        and _acls(before) == _acls(wanted)
        and clients.keys() == {each["username"] for each in wanted["clients"]}
    )


def _acls(document: Json) -> dict[str, Any]:
    return {each["rolename"]: _key(each.get("acls", [])) for each in document.get("roles", [])}


def _is_shared(each: Json, name: str) -> bool:
    """Not a device that is called like it."""
    roles = each.get("roles", [{"rolename": each.get("rolename")}])
    return bool(each[name] == SHARED and roles == [{"rolename": SHARED}])


def _has_word(client: Json, word: str) -> bool:
    verifier = f"{client.get('salt', '')}${client.get('password', '')}"
    return verifies(word, verifier, int(client.get("iterations", VERIFIER_ROUNDS)))


def same_acls(one: Sequence[Json], other: Sequence[Json]) -> bool:
    """Whether they allow the same, in whichever order the broker tells them."""
    return _key(one) == _key(other)


def _key(acls: Sequence[Json]) -> list[tuple[Any, ...]]:
    return sorted((a["acltype"], a["topic"], a["priority"], a["allow"]) for a in acls)
