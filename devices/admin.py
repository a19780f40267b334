"""Sites and devices in the Django admin. Their series join in from `telemetry.admin`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy, ngettext

from access.admin import ScopedRelation, administered
from devices import clock, signals
from devices.bulk_delete import BoundedDelete
from devices.changes import announce_devices
from devices.forms import DeviceForm
from devices.models import Device, Presence, Site
from devices.presence import State, state
from devices.summary import presence_form

admin.site.site_header = admin.site.site_title = "Pulseboard"
admin.site.index_title = "Administration"

MAX_ROTATED = 20  # tokens shown by one action
MARKS = {"online": "●", "late": "◐", "silent": "○", "offline": "✕", "waiting": "–"}


def presence_state(device: Device) -> State:
    """Its state now. Load with `select_related("presence")`."""
    facts = presence_form(device)
    return state(
        facts["connection"],
        facts["since"],
        facts["last_seen"],
        expected_interval=device.expected_interval,
        now=clock.now_ms(),
    )


def changed_in(form: Any) -> dict[str, list[Any]]:
    """From what to what by field, as REST tells it; a site by its slug."""
    fields = form.changed_data
    before, after = form.initial, form.cleaned_data
    changed = {name: [before.get(name), after.get(name)] for name in fields}
    if "site" in changed:
        was = Site.objects.filter(pk=before.get("site")).first()
        changed["site"] = [each and each.slug for each in (was, after.get("site"))]
    return changed


@admin.register(Site)
class SiteAdmin(BoundedDelete):
    list_display = ["name", "slug", "device_count", "updated_at"]
    ordering = ["name", "id"]  # said again: a count of devices takes the model's own away
    search_fields = ["name", "slug", "notes"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["created_at", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        return (
            super()
            .get_queryset(request)
            .annotate(device_count=Count("devices", Q(devices__removed_at=None)))
        )

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            signals.tell_of_site("created", obj, request.user)
        elif form.changed_data:
            signals.tell_of_site("changed", obj, request.user, changed=changed_in(form))

    def delete_model(self, request: HttpRequest, obj: Site) -> None:
        signals.tell_of_site("deleted", obj, request.user)
        super().delete_model(request, obj)

    def deleting(self, request: HttpRequest, rows: QuerySet) -> None:
        for site in rows:
            signals.tell_of_site("deleted", site, request.user)

    @admin.display(description="devices", ordering="device_count")
    def device_count(self, site: Any) -> int:
        return site.device_count


class ConnectionFilter(admin.SimpleListFilter):
    title = "status topic"
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(str(value), str(label)) for value, label in Presence.Connection.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:  # noqa: ARG002
        if self.value() == Presence.Connection.UNKNOWN:
            # A device the bridge has not heard yet has no presence row.
            return queryset.exclude(presence__connection__in=["online", "offline"])
        return queryset.filter(presence__connection=self.value()) if self.value() else queryset


STAMPS = ["token_prefix", "created_at", "updated_at"]


@admin.register(Device)
class DeviceAdmin(BoundedDelete):
    form = DeviceForm
    list_display = ["name", "uid", "site", "kind", "enabled", "presence_now", "last_seen"]
    list_display += ["removed_at"]
    list_display_links = ["name", "uid"]
    list_filter = ["enabled", ConnectionFilter, ("site", ScopedRelation), "kind"]
    list_select_related = ["site", "presence"]
    list_per_page = 100
    search_fields = ["uid", "name", "kind", "location", "tags"]
    autocomplete_fields = ["site"]
    actions = ["enable", "disable", "rotate_tokens"]
    readonly_fields = [
        "token_prefix",
        "presence_now",
        "presence_since",
        "last_seen",
        "clock_replaced",
        "removed_at",
        "removed_by",
        "created_at",
        "updated_at",
    ]
    fieldsets = [
        (None, {"fields": ["uid", "name", "site", "kind", "tags", "enabled", "expected_interval"]}),
        (
            "Presence",
            {"fields": ["presence_now", "presence_since", "last_seen", "clock_replaced"]},
        ),
        ("Place", {"fields": ["location", ("latitude", "longitude")]}),
        (
            "More",
            {
                "fields": [
                    "notes",
                    "metadata",
                    "mqtt_filters",
                    "token_prefix",
                    "created_at",
                    "updated_at",
                ]
            },
        ),
        ("Removed", {"fields": ["removed_at", "removed_by"]}),
    ]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)  # a class of this request's own
        form.scope = administered(request)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> list[str]:
        # The uid is part of the device's topics.
        fixed = ["uid"] if obj is not None else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        if not change:
            obj.issue_token()
        super().save_model(request, obj, form, change)
        if not change:
            signals.tell("registered", [obj], request.user)
            self._show_token(request, obj)
        elif form.changed_data:
            signals.tell("edited", [obj], request.user, changed=changed_in(form))

    def delete_model(self, request: HttpRequest, obj: Device) -> None:
        signals.tell("deleted", [obj], request.user)
        super().delete_model(request, obj)

    def deleting(self, request: HttpRequest, rows: QuerySet) -> None:
        signals.tell("deleted", list(rows), request.user)

    @admin.display(description="presence")
    def presence_now(self, device: Device) -> str:
        name = presence_state(device).name
        return f"{MARKS[name]} {name}"

    @admin.display(description="since")
    def presence_since(self, device: Device) -> datetime | None:
        since = presence_state(device).since
        return None if since is None else datetime.fromtimestamp(since / 1000, UTC)

    @admin.display(description="last seen", ordering="presence__last_seen_at")
    def last_seen(self, device: Device) -> datetime | None:
        return getattr(getattr(device, "presence", None), "last_seen_at", None)

    @admin.display(description="clock last replaced")
    def clock_replaced(self, device: Device) -> datetime | None:
        return getattr(getattr(device, "presence", None), "clock_replaced_at", None)

    @admin.action(description=gettext_lazy("Enable the selected devices"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        self._set_enabled(request, queryset, enabled=True)

    @admin.action(description=gettext_lazy("Disable the selected devices"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        self._set_enabled(request, queryset, enabled=False)

    @admin.action(
        description=gettext_lazy("Rotate the tokens of the selected devices"),
        permissions=["change"],
    )
    def rotate_tokens(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        devices = list(queryset[: MAX_ROTATED + 1])
        if len(devices) > MAX_ROTATED:
            text = gettext("At most {n} at once; nothing was changed.").format(n=MAX_ROTATED)
            self.message_user(request, text, messages.ERROR)
            return
        for device in devices:
            device.issue_token()
            device.save(update_fields=device.TOKEN_FIELDS)
            self.log_change(request, device, gettext("Token rotated."))
            signals.tell("token_rotated", [device], request.user)
            self._show_token(request, device)

    def _set_enabled(
        self, request: HttpRequest, queryset: QuerySet[Device], *, enabled: bool
    ) -> None:
        devices = list(queryset.exclude(enabled=enabled))
        ids = [device.pk for device in devices]
        with transaction.atomic():
            # The stamp tells the bridge's registry; an update sends no signals.
            Device.objects.filter(pk__in=ids).update(enabled=enabled, updated_at=clock.now())
            announce_devices("changed", ids)
            signals.tell(
                "edited", devices, request.user, changed={"enabled": [not enabled, enabled]}
            )
        n = len(ids)
        text = (
            ngettext("{n} device enabled.", "{n} devices enabled.", n)
            if enabled
            else ngettext("{n} device disabled.", "{n} devices disabled.", n)
        )
        self.message_user(request, text.format(n=n), messages.SUCCESS)

    def _show_token(self, request: HttpRequest, device: Device) -> None:
        text = gettext("Token of {uid}, shown this once: {token}")
        said = text.format(uid=device.uid, token=device.token)
        self.message_user(request, said, messages.WARNING)
