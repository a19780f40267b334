"""A form of the admin that refuses to write over what another saved since it was opened."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

OVERTAKEN = "Somebody changed this meanwhile. Open it again, and decide again."


class SeenField(forms.CharField):
    """What the form was filled with, as a digest; it is no change of the row."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002
        return False


class SeenForm(forms.ModelForm):
    seen = SeenField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = sorted((name, repr(value)) for name, value in self.initial.items())
        self._now = hashlib.sha256(repr(fields).encode()).hexdigest()
        self.initial["seen"] = self._now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        seen = self.data.get(self.add_prefix("seen"))
        if self.instance.pk is not None and seen not in (None, "", self._now):
            # With what it is now, the same form would be saved when it is sent again.
            raise ValidationError(OVERTAKEN)
        given: dict[str, Any] = self.cleaned_data if cleaned is None else cleaned
        given.pop("seen", None)
        return given
