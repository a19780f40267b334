"""A role somebody has at a site, as it is stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from access.roles import Role


class Grant(models.Model):
    """What somebody may do follows from all of theirs; see `access.scope`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants"
    )
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    site = models.ForeignKey(
        "devices.Site", null=True, blank=True, on_delete=models.CASCADE, related_name="grants",
        help_text="Empty: every site, and what stands at none.",
    )  # fmt: skip

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "site"], name="one_grant_a_site"),
            # A null is like no other to a constraint; Postgres 14 cannot be told otherwise.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(site=None), name="one_grant_everywhere"
            ),
        ]

    def __str__(self) -> str:
        where = "every site" if self.site_id is None else f"site {self.site_id}"
        return f"{self.get_role_display()} of {where}"
