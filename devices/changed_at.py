"""When a row was written last, for who asks what has changed since."""

from __future__ import annotations

from typing import Any

from django.db import models

from devices import clock


class ChangedAt(models.DateTimeField):
    """As `auto_now`, by the database's clock: a writer whose host is behind would change rows
    unseen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_now": True})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: ARG002
        moment = clock.now()
        setattr(model_instance, self.attname, moment)
        return moment

    def deconstruct(self) -> Any:
        """To the schema it is a plain time."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
