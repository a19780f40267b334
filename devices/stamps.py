"""When a row was made, and when it was written last, by the clock that counts on all hosts."""

from __future__ import annotations

from typing import Any

from django.db import models

from devices import clock


class Stamp(models.DateTimeField):
    """As Django's with `auto_now` or `auto_now_add`, by the database's clock: a writer whose host
    is behind would change rows unseen."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if self.auto_now or add:
            setattr(model_instance, self.attname, clock.now())
        return getattr(model_instance, self.attname)

    def deconstruct(self) -> Any:
        """To the schema it is a plain time."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


class CreatedAt(Stamp):
    """When the row was made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_now_add": True})


class ChangedAt(Stamp):
    """When the row was written last, for who asks what has changed since."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_now": True})
