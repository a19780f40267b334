"""What is found in a text that somebody wrote: #tags, and the @names of people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.auth.models import User

from access.granting import seeing
from shiftlog.models.entry import MAX_NAME, MAX_TAG, MAX_TAGS

MAX_MENTIONS = 50  # people named in one entry

_TAG = re.compile(rf"(?<![\w#/&])#(\w[\w-]{{0,{MAX_TAG - 1}}})(?![\w-])")
_NAME = re.compile(rf"(?<![\w@.+-])@([\w.+-][\w@.+-]{{0,{MAX_NAME - 1}}})")
_AFTER_A_NAME = ".+-@"  # a user's name may end so, and as a rule a sentence does


def tags_of(text: str, given: Iterable[str] = ()) -> list[str]:
    """In small letters, each once, those that are given first."""
    found = [*given, *_TAG.findall(text)]
    return list(dict.fromkeys(tag.lower() for tag in found))[:MAX_TAGS]


def people_named(text: str, site_id: int | None) -> list[User]:
    """Those who are there and may see what stands at this site, in the order of their names."""
    names: set[str] = set()
    for name in _NAME.findall(text):
        names |= {name, name.rstrip(_AFTER_A_NAME)}
    found = seeing(site_id).filter(username__in=sorted(names))
    return list(found.order_by("username")[:MAX_MENTIONS])
