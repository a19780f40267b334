"""Whose tokens these are, asked for each message that comes with one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Now

from devices.models import Device


def owners_of(digests: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Id and uid of the device by the digest of its token, or of the one before while that is good.
    Removed devices count: what they send is kept, for they may be restored."""
    wanted = set(digests)
    every = Device.with_removed.order_by()
    current = every.filter(token_digest__in=wanted)
    former = every.filter(former_digest__in=wanted, former_until__gt=Now())
    found = current.values_list("token_digest", "id", "uid").union(
        former.values_list("former_digest", "id", "uid"), all=True
    )
    return {digest: (pk, uid) for digest, pk, uid in found}
