"""What people may do. Each role may do what those below it may.

docs/access.md has the table: which action needs which.
"""

from __future__ import annotations

from django.db import models


class Role(models.IntegerChoices):
    """At one site, or for every site and what stands at none."""

    VIEWER = 1, "viewer"  # looks, and changes what is its own
    OPERATOR = 2, "operator"  # attends to what happens: alerts, the log, readings
    ADMINISTRATOR = 3, "administrator"  # says what there is: devices, rules, channels, people
