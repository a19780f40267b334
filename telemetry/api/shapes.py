"""The shapes of the answers, for the OpenAPI schema; views build plain dicts for speed."""

from __future__ import annotations

from rest_framework import serializers

from devices.models import Presence
from telemetry.models import Series

SOURCES = ["readings", "rollup_1m", "rollup_1h", "rollup_1d"]


def ms(help_text: str = "Unix milliseconds.", **options: bool) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=help_text, **options)


def exact_ms(help_text: str = "Unix milliseconds.", **options: bool) -> serializers.FloatField:
    """Of what is told to the microsecond: with a fraction."""
    return serializers.FloatField(help_text=help_text, **options)


class PointField(serializers.ListField):
    """`[ms, value]`; a value is a number, or a text."""

    child = serializers.JSONField()


class SeriesShape(serializers.Serializer):
    id = serializers.IntegerField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    kind = serializers.ChoiceField(choices=Series.Kind.choices)
    precision = serializers.IntegerField(allow_null=True)
    label = serializers.CharField(help_text="Its name for people.")
    quantity = serializers.CharField(help_text="What it measures: temperature, energy …")


class SeriesStateShape(serializers.Serializer):
    name = serializers.ChoiceField(choices=["online", "late", "silent", "waiting"])
    since = ms(allow_null=True)
    evidence = serializers.ChoiceField(choices=["reading", "none"])


class LatestSeriesShape(SeriesShape):
    latest = PointField(allow_null=True, help_text="[ms, value] of its newest reading.")
    interval = serializers.FloatField(help_text="Seconds; what it is judged by.")
    state = SeriesStateShape(
        allow_null=True, help_text="Null for text and boolean, which may come only on change."
    )


class FleetPresenceShape(serializers.Serializer):
    connection = serializers.ChoiceField(choices=Presence.Connection.choices)
    since = ms(allow_null=True)
    last_seen = ms("Receive time of its newest telemetry.", allow_null=True)
    lead = ms("How far its clock is ahead of ours, in ms.")
    clock_replaced = ms("Last time its timestamp was implausible.", allow_null=True)


class LatestShape(serializers.Serializer):
    now = ms()
    device = serializers.CharField()
    presence = FleetPresenceShape()
    series = LatestSeriesShape(many=True)


class LatestOfOneShape(SeriesShape):
    device = serializers.CharField(help_text="uid of its device.")
    site = serializers.CharField(allow_null=True, help_text="Slug of its site.")
    latest = PointField(allow_null=True, help_text="[ms, value] of its newest reading.")


class LatestOfManyShape(serializers.Serializer):
    now = ms()
    at = ms("The moment asked for.")
    series = LatestOfOneShape(many=True)


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


class SiteShape(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class ThresholdShape(serializers.Serializer):
    value = serializers.FloatField()
    label = serializers.CharField()
    op = serializers.ChoiceField(
        choices=["above", "below"], allow_null=True,
        help_text="Where a value is a problem; null: nobody knows.",
    )  # fmt: skip


class FleetDeviceShape(serializers.Serializer):
    id = serializers.IntegerField()
    uid = serializers.CharField()
    name = serializers.CharField()
    site = SiteShape(allow_null=True)
    kind = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    enabled = serializers.BooleanField()
    expected_interval = serializers.FloatField(help_text="Seconds between two messages.")
    location = serializers.CharField()
    position = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="Latitude, longitude."
    )
    presence = FleetPresenceShape()
    thresholds = serializers.DictField(
        child=ThresholdShape(many=True), help_text="Lines of its charts, by metric."
    )
    series = LatestSeriesShape(many=True)


class FleetShape(serializers.Serializer):
    now = ms()
    total = serializers.IntegerField(help_text="Devices that match, also those beyond the limit.")
    devices = FleetDeviceShape(many=True)


class MessageShape(serializers.Serializer):
    at = ms()
    topic = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes as sent.")
    payload = serializers.CharField(help_text="As text, cut.")
    verdict = serializers.ChoiceField(
        choices=["stored", "duplicate", "rejected", "partial", "discarded"],
        help_text="What became of it until now, also by a replay.",
    )
    reason = serializers.CharField()
    detail = serializers.CharField()
    values = serializers.IntegerField()


class MessagesShape(serializers.Serializer):
    now = ms()
    messages = MessageShape(many=True)


class WorkerShape(serializers.Serializer):
    name = serializers.CharField()
    started_at = ms()
    updated_at = ms()
    alive = serializers.BooleanField()
    counters = serializers.DictField(child=serializers.FloatField())
    balance = serializers.IntegerField(help_text="Messages unaccounted for: 0.")


class QuarantineTotalsShape(serializers.Serializer):
    total = serializers.IntegerField()
    last_hour = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())


class JobShape(serializers.Serializer):
    name = serializers.CharField()
    every_ms = serializers.IntegerField(help_text="From the end of a run to the next one.")
    running = serializers.BooleanField()
    failing = serializers.BooleanField(help_text="The last run failed; it is tried again.")
    started_at = ms(allow_null=True)
    succeeded_at = ms(allow_null=True)
    failed_at = ms(allow_null=True)
    did_at = ms(allow_null=True)
    runs = serializers.IntegerField(help_text="That ended well.")
    failures = serializers.IntegerField()
    failures_in_row = serializers.IntegerField()
    error = serializers.CharField(help_text="Of the last failure.")
    seconds = serializers.FloatField(help_text="That the last run took.")
    did = serializers.CharField(help_text="Of the last run that had something to do.")


class FollowerShape(serializers.Serializer):
    name = serializers.CharField()
    worked_at = ms(allow_null=True, help_text="A step ended well, within some seconds.")
    failed_at = ms(allow_null=True)
    failing = serializers.BooleanField(help_text="The last step failed; it is tried again.")
    error = serializers.CharField(help_text="Of the last failure.")


class BacklogShape(serializers.Serializer):
    commits = serializers.IntegerField(help_text="Not read from the commit log yet.")
    commits_age_ms = serializers.IntegerField(help_text="Since the oldest of them.")
    minutes = serializers.IntegerField(help_text="That are to be rolled up.")
    oldest_minute = ms(allow_null=True)


class PipelineShape(serializers.Serializer):
    now = ms()
    clock_ahead_ms = serializers.IntegerField(
        help_text="How far the clock of the host that answers is ahead of the database's."
    )
    workers = WorkerShape(many=True)
    quarantine = QuarantineTotalsShape()
    stored_total = serializers.IntegerField(help_text="Readings kept, as Postgres estimates them.")
    jobs = JobShape(many=True)
    followers = FollowerShape(many=True)
    backlog = BacklogShape()
