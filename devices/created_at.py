"""When a row was made, by the clock that counts on all hosts."""

from __future__ import annotations

from typing import Any

from django.db import models

from devices import clock


class CreatedAt(models.DateTimeField):
    """As `auto_now_add`, by the database's clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_now_add": True})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add:
            setattr(model_instance, self.attname, clock.now())
        return getattr(model_instance, self.attname)

    def deconstruct(self) -> Any:
        """To the schema it is a plain time."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
