"""Series in the Django admin, on their own and on the page of their device; and, read-only, what
the bridge set aside."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from access.admin import ScopedAdmin
from access.seen import SeenForm
from devices.admin import DeviceAdmin
from devices.bulk_delete import BoundedDelete
from devices.models import Device
from telemetry.models import QuarantinedMessage, Series
from telemetry.worker_counts import IngestWorker

MAX_INLINE_SERIES = 200  # rows on a device's page; more are changed one by one


class SeriesForm(SeenForm):
    """Notes which fields the operator chose; those a device's word leaves alone."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        given = {name: self.cleaned_data.get(name) for name in self.changed_data}
        self.instance.chosen = self.instance.chosen_with(given)
        return self.cleaned_data


@admin.register(Series)
class SeriesAdmin(BoundedDelete):
    form = SeriesForm
    list_display = ["metric", "device", "kind", "unit", "precision", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["device"]
    search_fields = ["metric", "device__uid", "device__name"]
    autocomplete_fields = ["device"]
    readonly_fields = ["created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Series | None = None) -> list[str]:
        fixed = [] if obj is None else ["device", "metric"]
        return [*super().get_readonly_fields(request, obj), *fixed]


class SeriesInline(admin.TabularInline):
    model = Series
    form = SeriesForm
    extra = 0
    fields = ["metric", "label", "kind", "unit", "precision", "seen"]
    readonly_fields = ["metric", "kind"]
    can_delete = False
    show_change_link = True
    verbose_name_plural = "series"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


# Registered again from here, because devices must not import telemetry.
admin.site.unregister(Device)


@admin.register(Device)
class DeviceWithSeriesAdmin(DeviceAdmin):
    def get_inlines(self, request: HttpRequest, obj: Device | None = None) -> list[Any]:  # noqa: ARG002
        few = obj is not None and Series.objects.filter(device=obj).count() <= MAX_INLINE_SERIES
        return [SeriesInline] if few else []


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows the bridge writes; people only look."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(QuarantinedMessage)
class QuarantinedMessageAdmin(ReadOnlyAdmin, ScopedAdmin):
    list_display = ["received_at", "reason", "uid", "topic", "payload_size", "partial", "worker"]
    list_filter = ["reason", "partial", "retained"]
    search_fields = ["uid", "topic", "detail"]
    date_hierarchy = "received_at"
    show_full_result_count = False  # a flood leaves millions; counting them twice is slow
    fields = [
        "received_at",
        "reason",
        "detail",
        "uid",
        "topic",
        "payload_text",
        "payload_size",
        "properties",
        "retained",
        "partial",
        "worker",
    ]

    @admin.display(description="payload")
    def payload_text(self, message: QuarantinedMessage) -> str:
        return bytes(message.payload).decode("utf-8", "backslashreplace")


@admin.register(IngestWorker)
class IngestWorkerAdmin(ReadOnlyAdmin):
    list_display = ["name", "started_at", "updated_at"]
