"""The admin's form of a device: the same rules as the REST API."""

from __future__ import annotations

from typing import Any

from django import forms

from access.scope import Scope
from access.seen import SeenForm
from devices.given_topics import check_given
from devices.metadata import normalised_tags, validate_metadata
from devices.models import Device
from devices.mqtt_filters import check_filter


class DeviceForm(SeenForm):
    scope: Scope  # of who fills it in

    class Meta:
        model = Device
        exclude: list[str] = []  # the admin lists the fields; editable ones only
        widgets = {
            "notes": forms.Textarea(attrs={"rows": 4}),
            "metadata": forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        }

    def clean_tags(self) -> list[str]:
        return normalised_tags(self.cleaned_data["tags"])

    def clean_metadata(self) -> dict[str, Any]:
        # An emptied field reads as None.
        metadata = self.cleaned_data["metadata"]
        metadata = {} if metadata is None else metadata
        validate_metadata(metadata)
        return metadata

    def clean_name(self) -> str:
        return self.cleaned_data["name"].strip()

    def clean_mqtt_filters(self) -> list[str]:
        for each in self.cleaned_data["mqtt_filters"]:
            check_filter(each)
        return list(self.cleaned_data["mqtt_filters"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        site, filters = cleaned.get("site"), cleaned.get("mqtt_filters", [])
        try:
            check_given(self.scope, filters, self.instance.uid, site.pk if site else None)
        except forms.ValidationError as exc:
            self.add_error("mqtt_filters", exc)
        return cleaned
