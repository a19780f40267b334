"""REST: alert rules as a file, and out of one: ours or Prometheus'."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from alerts.rules import change, prometheus, yaml_file
from alerts.rules.api import user_of, visible
from alerts.rules.form import written
from alerts.rules.serializers import AlertRuleSerializer
from alerts.rules.words import applies_to
from telemetry.api import parameters as query

VERSION = 1  # of the form of our files
KEY = "pulseboard_alert_rules"  # of the version in a file


class ImportSerializer(serializers.Serializer):
    text = serializers.CharField(
        trim_whitespace=False, max_length=yaml_file.MAX_FILE, help_text="The file: YAML, or JSON."
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Say what would become of it, and take in nothing."
    )


class SaidShape(serializers.Serializer):
    name = serializers.CharField(help_text="Of the rule, or of the group; empty: of the file.")
    said = serializers.CharField()


class TakenShape(serializers.Serializer):
    name = serializers.CharField()
    applies = serializers.CharField(help_text="What it is for, in words.")
    holds = serializers.CharField(help_text="What must hold, in words.")


class ImportedAlertRulesShape(serializers.Serializer):
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    rules = TakenShape(many=True)
    refused = SaidShape(many=True, help_text="What has no counterpart here, and why.")
    notes = SaidShape(many=True, help_text="What was left out or written in another way.")


class AlertRulesExportView(APIView):
    @extend_schema(
        operation_id="alert_rules_export",
        summary="All alert rules as a file of YAML",
        tags=["Alert rules"],
        responses={(200, "application/yaml"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> HttpResponse:
        query.known(request, ())
        rules = [written(rule) for rule in visible(request).order_by("name", "id")]
        text = yaml_file.write({KEY: VERSION, "rules": rules})
        answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="pulseboard-alert-rules.yaml"'
        return answer


class AlertRulesImportView(APIView):
    has_dry_run = True

    @extend_schema(
        operation_id="alert_rules_import",
        summary="Take in the alert rules of a file",
        description=(
            "Ours, as exported: one whose name is there already takes its place; all of them, or"
            " none. Prometheus': those that say what a rule here can say, switched off; each of"
            " the others is told with its reason."
        ),
        tags=["Alert rules"],
        request=ImportSerializer,
        responses=ImportedAlertRulesShape,
    )
    def post(self, request: Request) -> Response:
        asked = ImportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            document = yaml_file.read(asked.validated_data["text"])
        except yaml_file.InvalidFile as exc:
            raise ValidationError({"text": [str(exc)]}) from exc
        done, of_prometheus = _translated(document)
        read = _read(request, done, each_by_itself=of_prometheus)
        created, changed = 0, 0
        if not asked.validated_data["dry_run"]:
            try:
                facts = [each.validated_data for each in read]
                created, changed = change.take_in(Scope.of(request), facts, user_of(request))
            except (change.TooManyRules, change.NameTaken) as exc:
                raise ValidationError({"text": [str(exc)]}) from exc
        return Response(
            {
                "created": created,
                "changed": changed,
                "rules": [_taken(each) for each in read],
                "refused": [{"name": name, "said": said} for name, said in done.refused],
                "notes": [{"name": name, "said": said} for name, said in done.notes],
            }
        )


def _translated(document: Any) -> tuple[prometheus.Translation, bool]:
    """The rules of a file, and whether it is one of Prometheus'."""
    if prometheus.is_prometheus(document):
        return prometheus.translated(document), True
    if not isinstance(document, dict) or document.get(KEY) != VERSION:
        raise ValidationError(
            {"text": [f"Begin with {KEY}: {VERSION}, or with groups as Prometheus does."]}
        )
    rules = document.get("rules")
    unknown = sorted(set(document) - {KEY, "rules"})
    if unknown or not isinstance(rules, list):
        said = f"There is no {unknown[0]} in such a file." if unknown else "Write rules as a list."
        raise ValidationError({"text": [said]})
    return prometheus.Translation(rules=rules), False


def _read(
    request: Request, done: prometheus.Translation, *, each_by_itself: bool
) -> list[AlertRuleSerializer]:
    """The rules, checked. Of ours a mistake is one of the whole file; of Prometheus' it is a
    refusal of that rule."""
    if len(done.rules) > change.MAX_RULES:
        raise ValidationError({"text": [f"A file has at most {change.MAX_RULES} rules."]})
    found: dict[str, AlertRuleSerializer] = {}
    for at, facts in enumerate(done.rules):
        read = AlertRuleSerializer(data=facts, context={"request": request})
        if not read.is_valid():
            if not each_by_itself:
                raise ValidationError({f"rules.{at}": read.errors})
            done.refused.append((facts["name"], _in_words(read.errors)))
            continue
        name = read.validated_data["name"]
        if name in found:
            raise ValidationError({"text": [f"Two rules of the file are named {name}."]})
        found[name] = read
    return list(found.values())


def _in_words(errors: Any) -> str:
    if isinstance(errors, dict):
        return " ".join(f"{name}: {_in_words(said)}" for name, said in errors.items())
    return " ".join(map(_in_words, errors)) if isinstance(errors, list) else str(errors)


def _taken(read: AlertRuleSerializer) -> dict[str, str]:
    rule = read.drafted(read.validated_data)
    return {
        "name": read.validated_data["name"],
        "applies": applies_to(rule),
        "holds": read.get_holds(rule),
    }
