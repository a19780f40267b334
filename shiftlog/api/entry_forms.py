"""What is accepted of an entry of the log: a new one, a change, a reaction, a pin."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.permission import check_named, check_site
from access.scope import Scope
from devices.api.fields import LineField, PreloadedSlugField, ProseField
from devices.api.strict import Strict
from devices.models import Device, Site
from shiftlog.models import Entry
from shiftlog.models.entry import MAX_TAG, MAX_TAGS, MAX_TEXT, MAX_VIEW, MAX_WORD
from telemetry.api.moment import MomentField


class TagsOfEntry(serializers.ListField):
    child = serializers.RegexField(r"\A\w[\w-]*\Z", max_length=MAX_TAG)


class EntryRelated(serializers.PrimaryKeyRelatedField):
    def get_queryset(self) -> Any:
        return Entry.objects.visible_to(Scope.of(self.context["request"]))

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, int):
            check_named(self.context["request"], Entry, pk=data)
        return super().to_internal_value(data)


class NewEntrySerializer(Strict):
    text = ProseField(max_length=MAX_TEXT, help_text="Markdown; shown as a subset.")
    site = PreloadedSlugField(Site, slug_field="slug", allow_null=True, required=False)
    device = PreloadedSlugField(Device, slug_field="uid", allow_null=True, required=False)
    thread = EntryRelated(
        queryset=Entry.objects.none(), allow_null=True, required=False, help_text="What it answers."
    )
    starts_at = MomentField(allow_null=True, required=False, help_text="With it, a note on charts.")
    ends_at = MomentField(allow_null=True, required=False, help_text="null: an instant.")
    view = serializers.CharField(
        max_length=MAX_VIEW, allow_blank=True, default="", help_text="A path, as /fleet/?site=a."
    )
    tags = TagsOfEntry(max_length=MAX_TAGS, required=False)
    client_id = serializers.UUIDField(help_text="Your own: sent twice, it is one entry.")

    def validate_view(self, view: str) -> str:
        plain = view.isprintable() and "\\" not in view
        if view and not (view.startswith("/") and not view.startswith("//") and plain):
            raise ValidationError("Write a path of this server, as /devices/freezer-1/?window=24h.")
        return view

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        device, site, thread = (attrs.get(name) for name in ("device", "site", "thread"))
        start, end = attrs.get("starts_at"), attrs.get("ends_at")
        if end is not None and (start is None or end <= start):
            raise ValidationError({"ends_at": ["A range ends after it starts."]})
        if device is not None and site is not None and device.site_id != site.pk:
            raise ValidationError({"site": ["The device stands at another site."]})
        if thread is None:
            where = device.site_id if device is not None else site.pk if site is not None else None
            check_site(self.context["request"], where)
            if not Scope.of(self.context["request"]).sees_site(where):
                raise ValidationError({"site": ["Name a site you may see."]})
        return attrs


class EntryChangeSerializer(Strict):
    text = ProseField(max_length=MAX_TEXT, required=False)
    tags = TagsOfEntry(max_length=MAX_TAGS, required=False)


class EntryReactionSerializer(Strict):
    word = LineField(max_length=MAX_WORD, help_text="A sign as 👍, or a short word.")


class EntryPinSerializer(Strict):
    pinned = serializers.BooleanField(default=True)
