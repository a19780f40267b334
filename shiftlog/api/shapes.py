"""The shapes of the log over REST, for the OpenAPI schema; `shiftlog.form` builds an entry."""

from __future__ import annotations

from rest_framework import serializers

from shiftlog.models import Kind
from telemetry.api.shapes import SiteShape, ms


class AuthorShape(serializers.Serializer):
    name = serializers.CharField()


class EntryDeviceShape(serializers.Serializer):
    uid = serializers.CharField()
    name = serializers.CharField()


class ReactionShape(serializers.Serializer):
    word = serializers.CharField()
    by = serializers.ListField(child=serializers.CharField())


class EntryShape(serializers.Serializer):
    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Of two forms of one entry the higher is newer.")
    place = serializers.IntegerField(
        help_text="Entries are in the order of their places, in which they became visible."
    )
    at = ms("Unix milliseconds: when it was written.")
    kind = serializers.ChoiceField(choices=Kind.choices, help_text="`said`: by somebody.")
    text = serializers.CharField(help_text="Empty when it was deleted.")
    said = serializers.JSONField(
        allow_null=True, help_text="Of the system's: the text for another language."
    )
    author = AuthorShape(
        allow_null=True, help_text="Who said it, or whose doing it was; null: nobody's."
    )
    site = SiteShape(allow_null=True)
    device = EntryDeviceShape(allow_null=True, help_text="As it is now, or was.")
    thread = serializers.IntegerField(allow_null=True, help_text="The entry it answers.")
    replies = serializers.IntegerField()
    starts = ms("When what it tells of began, if it has a time.", allow_null=True)
    ends = ms("null: an instant.", allow_null=True)
    view = serializers.CharField(help_text="Path of what its writer looked at.")
    tags = serializers.ListField(child=serializers.CharField())
    mentions = serializers.ListField(child=serializers.CharField())
    reactions = ReactionShape(many=True)
    pinned = serializers.BooleanField()
    edited = ms(allow_null=True)
    deleted = serializers.BooleanField()
    client_id = serializers.UUIDField(allow_null=True)
    mine = serializers.BooleanField()
    facts = serializers.DictField(help_text="What the system noted, for programs.")


class FormerShape(serializers.Serializer):
    text = serializers.CharField()
    until = ms()


class LogShape(serializers.Serializer):
    now = ms()
    entries = EntryShape(many=True)
    more = serializers.BooleanField(help_text="The limit left some out.")
    cursor = serializers.CharField(help_text="Read on `after` it.")


class OneEntryShape(serializers.Serializer):
    now = ms()
    entry = EntryShape()


class EntryWithFormersShape(OneEntryShape):
    formers = FormerShape(many=True, help_text="What it said before, oldest first.")


class UnreadShape(serializers.Serializer):
    now = ms()
    total = serializers.IntegerField()
    at_least = serializers.BooleanField(help_text="There are more than are counted.")
    mentions = serializers.IntegerField(help_text="Of them, those that name you.")
    sites = serializers.DictField(
        child=serializers.IntegerField(), help_text="By slug; empty: at no site."
    )
    devices = serializers.DictField(child=serializers.IntegerField(), help_text="By uid.")
    threads = serializers.DictField(
        child=serializers.IntegerField(), help_text="By the id of the first entry."
    )


class PersonHereShape(serializers.Serializer):
    name = serializers.CharField()
    since = ms()


class HereShape(serializers.Serializer):
    now = ms()
    people = PersonHereShape(many=True)


class LogPeopleShape(serializers.Serializer):
    now = ms()
    people = serializers.ListField(child=serializers.CharField())


class ShiftShape(serializers.Serializer):
    now = ms()
    to = ms()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="By kind.")
    people = serializers.ListField(child=serializers.CharField(), help_text="Who wrote.")
    entries = EntryShape(many=True, help_text="Oldest first.")
    more = serializers.BooleanField(help_text="There were more; these are the newest.")
    text = serializers.CharField(help_text="To copy.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python.
        return super().get_fields() | {"from": ms()}
