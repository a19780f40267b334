"""Which roles groups of an OpenID Connect server have here, as PULSEBOARD_OIDC_ROLES says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from access.roles import Role


class GroupRole(NamedTuple):
    group: str
    role: Role
    site: str  # its slug; "": every site


def read(words: Iterable[str]) -> list[GroupRole]:
    """Of `group=role` and `group=role@site`. Raises ValueError with what is wrong."""
    found = []
    for word in words:
        group, _, what = word.rpartition("=")
        role, _, site = what.partition("@")
        if not group or role.upper() not in Role.__members__:
            raise ValueError(f"{word!r} is not group=role or group=role@site")
        found.append(GroupRole(group, Role[role.upper()], site))
    return found
