"""The shapes of readings of a range, for the OpenAPI schema."""

from __future__ import annotations

from rest_framework import serializers

from telemetry.api.shapes import PointField, SeriesShape, ms

SOURCES = ["readings", "rollup_1m", "rollup_1h", "rollup_1d"]


class WindowSeriesShape(SeriesShape):
    device = serializers.CharField(help_text="uid of its device.")
    read = serializers.ChoiceField(choices=SOURCES, help_text="What the server read.")
    reduced = serializers.BooleanField(help_text="True: each point speaks for a bucket.")
    bucket_ms = serializers.IntegerField(allow_null=True, help_text="Width of a bucket.")
    points = serializers.ListField(
        child=PointField(),
        help_text="Numbers: [ms, value], or when reduced [bucket ms, mean, min, max, count].",
    )
    texts = serializers.ListField(
        child=PointField(),
        help_text="[first ms, last ms, text, readings]: equal texts in a row are one run.",
    )
    texts_since = ms(
        "Where the runs begin when older ones of the window are left out.", allow_null=True
    )
    before = PointField(allow_null=True, help_text="[ms, value] of the newest earlier reading.")


class ReadingsShape(serializers.Serializer):
    now = ms()
    to = ms()
    series = WindowSeriesShape(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        return super().get_fields() | {"from": ms()}


class ReadShape(serializers.Serializer):
    rows = serializers.IntegerField(required=False, help_text="Rows read.")
    fresh_tail = ms(
        "The oldest reading read because no summary has it yet.", allow_null=True, required=False
    )
    complete_from = ms(
        "Where retention has taken readings of the window: from when on none is missing.",
        allow_null=True,
        required=False,
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        where = serializers.ChoiceField(choices=SOURCES)
        return super().get_fields() | {"from": where}


class ListedSeriesShape(SeriesShape):
    device = serializers.CharField(help_text="uid of its device.")
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True)),
        help_text="[ms, a value of each aggregate], or of raw readings [ms, value].",
    )


class ListedReadingsShape(serializers.Serializer):
    """`shape=series` with an interval."""

    now = ms()
    to = ms()
    tz = serializers.CharField()
    interval = serializers.CharField(required=False)
    agg = serializers.ListField(child=serializers.CharField(), required=False)
    fill = serializers.CharField(required=False)
    read = ReadShape()
    next = serializers.URLField(
        allow_null=True, required=False, help_text="The next page of raw readings."
    )
    columns = serializers.ListField(child=serializers.CharField(), required=False)
    series = ListedSeriesShape(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {"from": ms()}


class ColumnShape(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["time", "number", "integer", "text", "boolean"])
    unit = serializers.CharField()


class TableReadingsShape(serializers.Serializer):
    """`shape=wide` or `long`."""

    columns = ColumnShape(many=True)
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True))
    )
    tz = serializers.CharField()
    read = ReadShape()
    next = serializers.URLField(
        allow_null=True, required=False, help_text="The next page of raw readings."
    )
