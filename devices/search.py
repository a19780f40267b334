"""What somebody means by some words."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from devices.models import Device

MAX_SEARCH = 200  # characters

M = TypeVar("M", bound=Model)


def with_words(rows: QuerySet[M], words: str, *fields: str, tags: str = "") -> QuerySet[M]:
    """Those with every word in one of the fields, or as one of the `tags`."""
    for word in words.split():
        wanted = Q(**{f"{tags}__contains": [word.lower()]}) if tags else Q()
        for field in fields:
            wanted |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(wanted)
    return rows


def found(devices: QuerySet[Device], search: str) -> QuerySet[Device]:
    """Those with every word in a name, uid, kind, location or site, or as a tag."""
    fields = ("name", "uid", "kind", "location", "site__name")
    return with_words(devices, search, *fields, tags="tags")
