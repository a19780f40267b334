"""What to ask the dynamic-security plugin of one device, and what to have it change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from devices.dynsec import GATEWAY, Account, Json, device_role, same_acls

FOREIGN = "The broker has an account with this user name that is none of ours; remove it there."
LOST = (
    "The broker has no account with its token, which only its digest is kept of. Rotate the token,"
    " or give the broker all accounts again: manage.py broker sync --into FILE."
)


class Found(NamedTuple):
    """What the broker answered of a device: the clients it has by user name, and the topics of its
    role; None where it has none."""

    clients: Mapping[str, Json]
    acls: Sequence[Json] | None


def questions(uid: str, usernames: Sequence[str]) -> list[Json]:
    """What to ask of a device. A question costs the broker nothing; each change has 2.0 write its
    whole file."""
    asked = [{"command": "getClient", "username": each} for each in usernames]
    role = uid if uid == GATEWAY else device_role(uid)
    return [{"command": "getRole", "rolename": role}, *asked]


def found(answers: Sequence[Json]) -> Found:
    """Of the answers to `questions`."""
    role = answers[0].get("data", {}).get("role")
    clients = [each["data"]["client"] for each in answers[1:] if "data" in each]
    there = {each["username"]: each for each in clients}
    return Found(there, None if role is None else role.get("acls", []))


def changes(
    uid: str, acls: Sequence[Json] | None, wanted: Sequence[Account], there: Found
) -> tuple[list[Json], str]:
    """The commands that make it so, in their order, and why it cannot be so. `acls` is None for a
    device that has no token, or is no more."""
    if uid == GATEWAY:
        return _of_shared(acls or [], wanted, there), ""
    role, commands, wrong = device_role(uid), [], ""
    if acls is not None and there.acls is None:
        commands.append({"command": "createRole", "rolename": role, "acls": list(acls)})
    elif acls is not None and not same_acls(acls, there.acls or []):
        commands.append({"command": "modifyRole", "rolename": role, "acls": list(acls)})
    names = {each.username for each in wanted}
    marks = {each.username: each.mark for each in wanted}
    ours = {
        name: each for name, each in there.clients.items()
        if _has(each, role) or _is_marked(each, marks.get(name, ""))
    }  # fmt: skip
    for username in sorted(ours.keys() - names):
        commands.append({"command": "deleteClient", "username": username})
    for each in wanted:
        if each.username in there.clients.keys() - ours.keys():
            wrong = FOREIGN
            continue
        of_client, lost = _of_client(each, ours.get(each.username))
        commands += of_client
        wrong = wrong or (LOST if lost else "")
    if acls is None and there.acls is not None:
        commands.append({"command": "deleteRole", "rolename": role})
    return commands, wrong


def _of_shared(acls: Sequence[Json], wanted: Sequence[Account], there: Found) -> list[Json]:
    """Of an account that is a process's own: it is changed where it is, never made."""
    commands: list[Json] = []
    if there.acls is not None and not same_acls(acls, there.acls):
        commands.append({"command": "modifyRole", "rolename": GATEWAY, "acls": list(acls)})
    for each in wanted:
        if (found := there.clients.get(each.username)) is not None:
            commands += _standing(each, found)
    return commands


def _standing(wanted: Account, there: Json | None) -> list[Json]:
    if wanted.disabled == bool(there and there.get("disabled")):
        return []
    word = "disableClient" if wanted.disabled else "enableClient"
    return [{"command": word, "username": wanted.username}]


def is_in_its_role(client: Json, role: str) -> bool:
    """And in no other, which somebody may have given it."""
    roles = [each.get("rolename") for each in client.get("roles", [])]
    return roles == [role] and not client.get("groups")


def _is_marked(client: Json, mark: str) -> bool:
    """Whether it has this token: then it is ours, though somebody took its role."""
    return bool(mark) and client.get("textname") == mark


def _has(client: Json, role: str) -> bool:
    return any(each.get("rolename") == role for each in client.get("roles", []))


def _of_client(wanted: Account, there: Json | None) -> tuple[list[Json], bool]:
    """The commands, and whether nobody can give the broker this account any more."""
    commands: list[Json] = []
    name = {"username": wanted.username}
    is_right = there is not None and _is_marked(there, wanted.mark)
    if not is_right and not wanted.password:
        # One that is there has a token that was replaced.
        return ([{"command": "deleteClient", **name}] if there is not None else []), True
    to_set = {**name, "password": wanted.password, "textname": wanted.mark}
    roles = [{"rolename": wanted.role}]
    if there is None:
        commands.append({"command": "createClient", **to_set, "roles": roles})
    elif not is_right:
        commands.append({"command": "modifyClient", **to_set})
    if there is not None and not is_in_its_role(there, wanted.role):
        commands.append({"command": "modifyClient", **name, "roles": roles, "groups": []})
    return commands + _standing(wanted, there), False
