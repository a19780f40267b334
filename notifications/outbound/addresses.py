"""Which addresses may be connected to: public ones, and those the operator has named. Pure.

A person who may add a channel must not reach through us what only this host can reach: a database,
a router, the metadata service of a cloud. So the table names what is public, not what is not: an
address space of tomorrow is refused until it is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's special-purpose registry of IPv4, and multicast. `is_global` differs between Pythons.
_NOT_PUBLIC = [
    IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
]  # fmt: skip
_PUBLIC_6 = IPv6Network("2000::/3")
# Of these: protocol assignments with Teredo, documentation, 6to4. What is tunnelled to IPv4 could
# lead anywhere.
_NOT_PUBLIC_6 = [
    IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_MAPPED, _NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether it may be connected to; `allowed` are networks that may be beside public ones."""
    meant = _meant(address)
    return any(meant in each for each in allowed) or _is_public(meant)


def _meant(address: Address) -> Address:
    """The IPv4 address where an IPv6 one only stands for it."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in each for each in _NOT_PUBLIC)
    return address in _PUBLIC_6 and not any(address in each for each in _NOT_PUBLIC_6)
