"""How often a password or a code may be tried: for each account, address and browser.

Each of them fills a bucket that empties at a steady rate. A try takes its place before anything is
compared, so that many at once are no more than one after the other, in any number of processes;
one that succeeds gives its place back. What is refused takes none: to go on trying keeps nobody out
for longer. All of it is in the database, and by its clock.

Nobody can be kept out for ever by the tries of others: a browser in which the account has signed in
before has a bucket of its own (`access.seen_browser`), which only that browser fills. A clock that
is set back holds nobody up for longer than a full bucket does.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from django.db import models, transaction
from django.db.models.functions import Now

HOME_PREFIX = 64  # bits of an IPv6 address that its owner cannot choose


class Limit(NamedTuple):
    """A bucket's size in tries, and seconds until one more may be made."""

    at_once: int
    every: float


HERE = Limit(5, 60.0)  # of one account from one address
ADDRESS = Limit(30, 20.0)  # of all accounts from one address: an office has one
ACCOUNT = Limit(50, 60.0)  # of one account from all addresses
BROWSER = Limit(10, 60.0)  # of one account in a browser it has signed in with
CODE = Limit(5, 300.0)  # of a second factor; whoever gets there has the password


class Tries(models.Model):
    """How full a bucket is: until when it would take to be empty."""

    key = models.CharField(max_length=80, primary_key=True)
    full_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class TooManyTries(Exception):
    """Refused without a look at what was tried. `wait`: seconds until the next."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"Too many tries. Wait {wait:.0f} s.")
        self.wait = wait


Buckets = Mapping[str, Limit]


def buckets(name: str, address: str | None, browser: str = "") -> dict[str, Limit]:
    """Those that a password of this account fills; `browser`: which of those it has signed in
    with, if it is one."""
    if browser:
        return {_of_browser(name, browser): BROWSER}
    return {
        _of_account(name): ACCOUNT,
        f"address:{home(address)}": ADDRESS,
        f"here:{_short(name)}:{_short(home(address))}": HERE,
    }


def code_buckets(user_id: int) -> dict[str, Limit]:
    """Those that a code of this account's second factor fills."""
    return {f"code:{user_id}": CODE}


@contextmanager
def trying(filled: Buckets) -> Iterator[_Try]:
    """One try; call `succeeded` of it. Raises TooManyTries, and what the database raises."""
    take(filled)
    this = _Try(filled)
    yield this
    if this.has_succeeded:
        give_back(filled)


class _Try:
    def __init__(self, filled: Buckets) -> None:
        self.filled = filled
        self.has_succeeded = False

    def succeeded(self) -> None:
        self.has_succeeded = True


def take(filled: Buckets) -> None:
    """Raises TooManyTries, and then takes no place in any of them."""
    with transaction.atomic():
        now, full = _held(filled)
        waits, taken = [], []
        for key, limit in sorted(filled.items()):
            seconds = _seconds(full.get(key), now, limit)
            waits.append(seconds + limit.every - limit.at_once * limit.every)
            taken.append(Tries(key, now + timedelta(seconds=seconds + limit.every)))
        if max(waits) > 0:
            raise TooManyTries(max(waits))
        _write(taken)


def give_back(filled: Buckets) -> None:
    """A place in each: who knows the password does not empty what others have filled."""
    with transaction.atomic():
        now, full = _held(filled)
        _write(
            Tries(key, now + timedelta(seconds=_seconds(full.get(key), now, limit) - limit.every))
            for key, limit in sorted(filled.items())
        )


def _held(filled: Buckets) -> tuple[datetime, dict[str, datetime]]:
    """The database's clock, and how full they are; nobody else changes them until the end of the
    transaction. In one order everywhere, so that no two wait for each other."""
    keys = sorted(filled)
    Tries.objects.bulk_create([Tries(key, Now()) for key in keys], ignore_conflicts=True)
    rows = list(
        Tries.objects.select_for_update()
        .filter(key__in=keys)
        .order_by("key")
        .values_list("key", "full_until")
    )
    # Asked for after the wait for others, or it would be older than what they wrote.
    now = Tries.objects.filter(key__in=keys).values_list(Now(), flat=True)[0]
    return now, dict(rows)


def _seconds(full_until: datetime | None, now: datetime, limit: Limit) -> float:
    """Until the bucket is empty: never more than a full one takes, whatever clocks have done."""
    if full_until is None:
        return 0.0
    return min(max((full_until - now).total_seconds(), 0.0), limit.at_once * limit.every)


def _write(rows: Iterable[Tries]) -> None:
    Tries.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["key"], update_fields=["full_until"]
    )


def unlock(name: str) -> int:
    """Empty what holds up this account; how many buckets."""
    short = _short(name)
    of_it = models.Q(key=_of_account(name))
    for kind in ("here", "browser"):
        of_it |= models.Q(key__startswith=f"{kind}:{short}:")
    return Tries.objects.filter(of_it, full_until__gt=Now()).delete()[0]


def unlock_code(user_id: int) -> int:
    return Tries.objects.filter(key__in=code_buckets(user_id), full_until__gt=Now()).delete()[0]


def unlock_address(address: str) -> int:
    """Empty what holds up this address for all accounts; how many buckets."""
    prefix = home(address)
    of_it = models.Q(key=f"address:{prefix}") | models.Q(
        key__startswith="here:", key__endswith=f":{_short(prefix)}"
    )
    return Tries.objects.filter(of_it, full_until__gt=Now()).delete()[0]


def forget_empty() -> int:
    """Delete buckets that are empty; how many."""
    return Tries.objects.filter(full_until__lte=Now()).delete()[0]


def _of_account(name: str) -> str:
    return f"account:{_short(name)}"


def _of_browser(name: str, browser: str) -> str:
    return f"browser:{_short(name)}:{_short(browser)}"


def _short(text: str) -> str:
    """A name of any length, as Django compares names of accounts."""
    plain = unicodedata.normalize("NFKC", text)
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()[:24]


def home(address: str | None) -> str:
    if not address:
        return "socket"
    if ip_address(address).version == 4:
        return address
    return str(ip_network((address, HOME_PREFIX), strict=False))
