"""The endpoints of series: what a device measures, and how it is shown."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from access.scope import Scope
from devices import signals
from devices.api.bulk import BulkCreateMixin, BulkSerializer
from devices.api.edits import Editable, EditMixin
from devices.api.fields import PreloadedSlugField
from devices.api.filters import LIST_FILTERS
from devices.models import Device
from telemetry.models import Series
from telemetry.series.events import announce_series

MAX_BULK_SERIES = 1000  # series of one array
TAKEN = "This device has a series of this metric already."


class SeriesSerializer(Editable):
    device = PreloadedSlugField(
        Device,
        slug_field="uid",
        help_text="The uid of its device.",
        error_messages={"does_not_exist": "No device has the uid {value!r}."},
    )

    class Meta:
        model = Series
        fields = [
            *("id", "device", "metric", "unit", "kind", "precision", "label", "quantity"),
            "created_at",
        ]
        read_only_fields = ["id", "created_at"]
        list_serializer_class = BulkSerializer
        validators: list[Any] = []  # DRF's would ask once for each row; see `conflicts`

    def validate_device(self, device: Device) -> Device:
        if self.instance is not None and device.pk != self.instance.device_id:
            raise serializers.ValidationError("A series stays with its device.")
        return device

    def validate_metric(self, metric: str) -> str:
        if self.instance is not None and metric != self.instance.metric:
            raise serializers.ValidationError(
                "The metric is the name its device sends and cannot change here."
            )
        return metric

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None and not isinstance(self.parent, BulkSerializer):
            errors = self.conflicts([attrs])[0]
            if errors:
                raise serializers.ValidationError(errors)
        return attrs | {"chosen": (self.instance or Series()).chosen_with(attrs)}

    def preload(self, rows: list[dict[str, Any]]) -> None:
        uids = (row.get("device") for row in rows)
        self.fields["device"].preload({uid for uid in uids if isinstance(uid, str)})

    def conflicts(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One query reads a superset of the wanted pairs: all metrics named, on all devices."""
        wanted = Q(
            device__in={row["device"].pk for row in rows},
            metric__in={row["metric"] for row in rows},
        )
        there = Series.objects.visible_to(Scope.of(self.context["request"])).filter(wanted)
        taken = set(there.values_list("device_id", "metric"))
        seen: set[tuple[int, str]] = set()
        errors: list[dict[str, Any]] = []
        for row in rows:
            key = (row["device"].pk, row["metric"])
            if key in taken:
                errors.append({"metric": [TAKEN]})
            elif key in seen:
                errors.append({"metric": ["An earlier row of this array is the same series."]})
            else:
                errors.append({})
            seen.add(key)
        return errors

    def create_all(self, rows: list[dict[str, Any]]) -> list[Series]:
        for row in rows:
            row.pop("was", None)
        made = Series.objects.bulk_create([Series(**row) for row in rows])
        announce_series(made)  # bulk_create sends no signals
        return made


class SeriesFilter(django_filters.FilterSet):
    device = django_filters.ModelChoiceFilter(
        queryset=lambda request: Device.objects.visible_to(Scope.of(request)),
        to_field_name="uid",
        help_text="A device's uid.",
        error_messages={"invalid_choice": "No device has this uid."},
    )
    metric = django_filters.CharFilter(help_text="Exactly this metric.")
    kind = django_filters.ChoiceFilter(choices=Series.Kind.choices)

    class Meta:
        model = Series
        fields: list[str] = []


SERIES_OR_ARRAY = PolymorphicProxySerializer(
    component_name="SeriesOrArray",
    serializers=[SeriesSerializer, SeriesSerializer(many=True)],
    resource_type_field_name=None,
    many=False,
)


@extend_schema(tags=["Series"])
@extend_schema_view(
    list=extend_schema(summary="List series"),
    create=extend_schema(
        summary="Create series",
        description=(
            "One object, or an array: all are created or none, at most"
            f" {MAX_BULK_SERIES}. A series also comes into being with its first reading; create it"
            " ahead to give it a unit, a kind or a display precision."
        ),
        request=SERIES_OR_ARRAY,
        responses={201: SERIES_OR_ARRAY},
    ),
    retrieve=extend_schema(summary="Read a series"),
    update=extend_schema(summary="Replace a series"),
    partial_update=extend_schema(summary="Change a series"),
    destroy=extend_schema(
        summary="Delete a series",
        description="Its readings go at the next maintenance run. It comes back, empty, when its"
        " device sends the metric again.",
    ),
)
class SeriesViewSet(BulkCreateMixin, EditMixin, viewsets.ModelViewSet):
    """What devices measure."""

    queryset = Series.objects.none()  # for the schema
    serializer_class = SeriesSerializer
    lookup_value_regex = "[0-9]{1,9}"
    max_bulk = MAX_BULK_SERIES
    filter_backends = LIST_FILTERS
    filterset_class = SeriesFilter
    search_fields = ["metric", "unit", "device__uid", "device__name"]
    ordering_fields = {
        "device": "device__uid",
        "metric": "metric",
        "kind": "kind",
        "unit": "unit",
        "created_at": "created_at",
    }
    ordering = ["device", "metric"]

    def get_queryset(self) -> QuerySet[Series]:
        visible = Series.objects.visible_to(Scope.seen_by(self.request))
        return visible.select_related("device")

    def tell_changed(self, written: Series, changed: dict[str, list[Any]]) -> None:
        told = {"series": written.metric, "changed": changed}
        signals.tell("edited", [written.device], self.request.user, **told)


router = SimpleRouter()
router.register("series", SeriesViewSet, basename="series")
