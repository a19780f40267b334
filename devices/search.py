"""Which devices somebody means by some words."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from devices.models import Device

MAX_SEARCH = 200  # characters


def found(devices: QuerySet[Device], search: str) -> QuerySet[Device]:
    """Those with every word in a name, uid, kind, location or site, or as a tag."""
    for word in search.split():
        devices = devices.filter(
            Q(name__icontains=word)
            | Q(uid__icontains=word)
            | Q(kind__icontains=word)
            | Q(location__icontains=word)
            | Q(site__name__icontains=word)
            | Q(tags__contains=[word.lower()])
        )
    return devices
