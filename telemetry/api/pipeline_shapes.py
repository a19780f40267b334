"""The shapes of the pipeline, and of the newest messages, for the OpenAPI schema."""

from __future__ import annotations

from rest_framework import serializers

from telemetry.api.shapes import ms


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
