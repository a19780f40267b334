"""The shapes of alerts over REST, for the OpenAPI schema; `alerts.form` builds them."""

from __future__ import annotations

from rest_framework import serializers

from alerts.models import AlertEvent, Severity
from telemetry.api.shapes import SiteShape, ms


class AlertShape(serializers.Serializer):
    id = serializers.IntegerField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    sentence = serializers.CharField(help_text="What is wrong, with values, in English.")
    said = serializers.JSONField(
        allow_null=True, help_text="The same for another language; null: the rule's own words."
    )
    rule = serializers.IntegerField(allow_null=True, help_text="null: the rule is gone.")
    rule_name = serializers.CharField()
    site = SiteShape(allow_null=True)
    device = serializers.CharField(allow_null=True, help_text="The uid; null: the device is gone.")
    device_name = serializers.CharField(help_text="As it was called when it fired.")
    uid = serializers.CharField(help_text="As it was when it fired.")
    series = serializers.IntegerField(allow_null=True)
    metric = serializers.CharField(help_text="Empty: it is about the whole device.")
    unit = serializers.CharField()
    kind = serializers.CharField(allow_null=True, help_text="Of the series.")
    precision = serializers.IntegerField(allow_null=True, help_text="Of the series.")
    started = ms("Unix milliseconds: from when on its condition held.")
    fired = ms("Unix milliseconds: when that was found.")
    cleared = ms("Unix milliseconds: from when on it held no more.", allow_null=True)
    value = serializers.FloatField(allow_null=True, help_text="When it fired.")
    worst = serializers.FloatField(allow_null=True, help_text="The value furthest off.")
    limit = serializers.FloatField(allow_null=True)
    worsened = ms("Unix milliseconds: when it became worse.", allow_null=True)
    historic = serializers.BooleanField(help_text="It was over when it was found: nobody was told.")
    flaps = serializers.IntegerField(help_text="Times it cleared and came back.")
    cause = serializers.IntegerField(allow_null=True, help_text="The alert it is an effect of.")
    effects = serializers.IntegerField(help_text="Alerts it is the cause of.")
    comments = serializers.IntegerField()
    acknowledged = ms(allow_null=True)
    acknowledged_by = serializers.CharField(allow_null=True)
    assignee = serializers.CharField(allow_null=True)
    snoozed_until = ms(allow_null=True)
    silenced = serializers.BooleanField(help_text="A silence held when it fired.")
    runbook = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())


class AlertsShape(serializers.Serializer):
    now = ms()
    total = serializers.IntegerField(help_text="Of this list, also those beyond the limit.")
    open = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many are open by severity, without those that a silence holds back.",
    )
    quiet_since = ms("Unix milliseconds: when the last one cleared.", allow_null=True)
    watched = serializers.BooleanField(help_text="Whether any rule is enabled.")
    not_judged_since = ms(
        "Unix milliseconds: since when no rule is judged; null: they are.", allow_null=True
    )
    alerts = AlertShape(many=True)


class EventShape(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AlertEvent.Kind.choices)
    at = ms()
    by = serializers.CharField(allow_null=True, help_text="null: it happened by itself.")
    detail = serializers.DictField()


class AlertDetailShape(serializers.Serializer):
    now = ms()
    alert = AlertShape()
    expected_interval = serializers.FloatField(allow_null=True, help_text="Seconds; the device's.")
    events = EventShape(many=True, help_text="Oldest first.")
    earlier = AlertShape(many=True, help_text="Of the same rule and target, newest first.")
    effects = AlertShape(many=True, help_text="Worst first.")


class FrequentShape(serializers.Serializer):
    name = serializers.CharField()
    alerts = serializers.IntegerField()
    flaps = serializers.IntegerField(help_text="Times they came back.")
    seconds = serializers.FloatField(help_text="They stood, in all.")
    unacknowledged = serializers.IntegerField()


class FrequentRuleShape(FrequentShape):
    key = serializers.IntegerField(allow_null=True, help_text="The rule's id; null: it is gone.")


class FrequentDeviceShape(FrequentShape):
    key = serializers.CharField(help_text="The device's uid.")


class StatisticsShape(serializers.Serializer):
    now = ms()
    alerts = serializers.IntegerField(help_text="Effects count with their cause.")
    acknowledged = serializers.IntegerField()
    median_to_acknowledge = serializers.FloatField(allow_null=True, help_text="Seconds.")
    slow_to_acknowledge = serializers.FloatField(
        allow_null=True, help_text="Seconds; nine of ten were sooner."
    )
    median_length = serializers.FloatField(allow_null=True, help_text="Seconds one stood.")
    rules = FrequentRuleShape(many=True, help_text="Most frequent first.")
    devices = FrequentDeviceShape(many=True, help_text="Most frequent first.")
