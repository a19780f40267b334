"""What an API token is called, and how far it reaches."""

from __future__ import annotations

from django.db import models

from access.roles import Role
from access.scope import Scope
from devices.line import Line


class ApiTokenName(models.Model):
    """What somebody calls one of their API tokens, how far it reaches, and when it was used last;
    Knox's own table has no place for these. A token without a row does all that its owner may."""

    token = models.OneToOneField(
        "knox.AuthToken", primary_key=True, on_delete=models.CASCADE, related_name="given"
    )
    name = Line(max_length=80, blank=True)
    used_at = models.DateTimeField(null=True)
    role = models.PositiveSmallIntegerField(
        choices=Role.choices, default=Role.ADMINISTRATOR, db_default=Role.ADMINISTRATOR
    )
    # Said apart from the sites: when the last of them is deleted it reaches none, not all.
    every_site = models.BooleanField(default=True, db_default=True)
    sites = models.ManyToManyField("devices.Site", blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    def reach(self) -> Scope:
        """What it does at most; its owner's scope limits it further."""
        if self.every_site:
            return Scope.granted([(self.role, None)])
        return Scope.granted((self.role, site.pk) for site in self.sites.all())

    def no_further(self) -> models.QuerySet[ApiTokenName]:
        """Those that reach no further than it does: all that a token tells of and ends."""
        found = ApiTokenName.objects.filter(role__lte=self.role)
        if self.every_site:
            return found
        beyond = ApiTokenName.sites.through.objects.exclude(site__in=self.sites.all())
        return found.filter(every_site=False).exclude(pk__in=beyond.values("apitokenname"))
