"""Register and change many devices from a table, all or none; dry first, to see what it does."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from access.permission import check_named
from access.scope import Scope
from devices import signals
from devices.api.bulk import Conflict
from devices.api.edits import changes
from devices.api.serializers import DeviceSerializer, NewDeviceSerializer
from devices.api.strict import Strict
from devices.device_table import MAX_ROWS, BadTable, Line, read_table
from devices.models import Device

MAX_TEXT = 2_000_000  # characters of a table
OTHER = "It would not do what the dry run showed: somebody changed a device meanwhile. Look again."


class Counts(Strict):
    """How many lines do what."""

    register = serializers.IntegerField()
    change = serializers.IntegerField()
    same = serializers.IntegerField()
    wrong = serializers.IntegerField()


class DeviceTableSerializer(Strict):
    """A table of devices."""

    text = serializers.CharField(
        max_length=MAX_TEXT,
        trim_whitespace=False,
        help_text="CSV. The first line names the columns; cells are parted by `,`, `;` or tabs.",
    )
    expect = Counts(
        required=False,
        help_text="What the dry run counted; if it is other by now, nothing is done.",
    )


class ImportLineSerializer(serializers.Serializer):
    """What becomes of one line."""

    line = serializers.IntegerField()
    uid = serializers.CharField()
    act = serializers.ChoiceField(choices=["register", "change", "same", "wrong"])
    errors = serializers.ListField(child=serializers.CharField())
    changes = serializers.DictField(help_text="By field: what it is, and what it becomes.")


class ImportedTokenSerializer(serializers.Serializer):
    uid = serializers.CharField()
    token = serializers.CharField()


class ImportedSerializer(serializers.Serializer):
    """What the table does, or did."""

    counts = Counts()
    lines = ImportLineSerializer(many=True)
    tokens = ImportedTokenSerializer(many=True, help_text="Of new devices, shown this once.")


class NotDone(APIException):
    """Nothing was written; the answer is the plan."""

    def __init__(self, code: int, plan: Plan, said: str) -> None:
        super().__init__(said)
        self.status_code = code
        self.detail = {"detail": said, **plan.form()}  # past what DRF makes text of


class Plan:
    """What becomes of each line. Made and carried out in one transaction, under the locks of the
    devices it names."""

    def __init__(self, lines: list[Line], request: Request) -> None:
        self._context: dict[str, Any] = {"request": request}
        self._new: list[dict[str, Any]] = []
        self._edits: list[tuple[DeviceSerializer, dict[str, list[Any]]]] = []
        self._told: list[dict[str, Any]] = []
        check_named(request, Device, uid__in=[line.uid for line in lines])
        visible = Device.objects.visible_to(Scope.of(request))
        rows = visible.filter(uid__in=[line.uid for line in lines]).select_related("site")
        found = rows.select_for_update(of=("self",)).order_by("pk")
        there = {device.uid: device for device in found}
        fresh = NewDeviceSerializer(context=self._context)
        fresh.preload([line.cells for line in lines])
        taken = fresh.conflicts([{"uid": line.uid} for line in lines if line.uid not in there])
        conflicts = iter(taken)
        seen: set[str] = set()
        for line in lines:
            device = there.get(line.uid)
            errors = [line.wrong] if line.wrong else []
            errors += ["An earlier line is of the same device."] if line.uid in seen else []
            if device is None and (said := next(conflicts)):
                errors += [] if line.uid in seen else said["uid"]
            seen.add(line.uid)
            self._told.append(self._line(line, device, errors))

    def _line(self, line: Line, device: Device | None, errors: list[str]) -> dict[str, Any]:
        act, changed = "wrong", {}
        if not errors:
            made: DeviceSerializer = (
                NewDeviceSerializer(data={"uid": line.uid, **line.cells}, context=self._context)
                if device is None
                else DeviceSerializer(device, line.cells, partial=True, context=self._context)
            )
            if not made.is_valid():
                errors = [
                    f"{name}: {' '.join(map(str, said))}" for name, said in made.errors.items()
                ]
            elif device is None:
                act = "register"
                self._new.append(dict(made.validated_data))
                changed = {name: [None, value] for name, value in line.cells.items()}
            else:
                changed = _difference(made, device)
                act = "change" if changed else "same"
                if changed:
                    self._edits.append((made, changed))
        return {
            "line": line.number,
            "uid": line.uid,
            "act": act,
            "errors": errors,
            "changes": changed,
        }

    @property
    def counts(self) -> dict[str, int]:
        acts = [each["act"] for each in self._told]
        return {act: acts.count(act) for act in ("register", "change", "same", "wrong")}

    def form(self, tokens: list[dict[str, str]] | None = None) -> dict[str, Any]:
        return {"counts": self.counts, "lines": self._told, "tokens": tokens or []}

    def carry_out(self) -> list[dict[str, str]]:
        """The tokens of the devices that are new."""
        by = self._context["request"].user
        made = NewDeviceSerializer(context=self._context).create_all(self._new)
        for serializer, changed in self._edits:
            device = serializer.save()
            if "site" in changed:
                signals.tell("edited", [device], by, changed={"site": changed["site"]})
        edited = [serializer.instance for serializer, _ in self._edits]
        signals.tell("imported", [*made, *edited], by, registered=len(made), edited=len(edited))
        return [{"uid": device.uid, "token": device.token} for device in made]


def _difference(serializer: DeviceSerializer, device: Device) -> dict[str, list[Any]]:
    """What the cells would change, in the form of REST."""
    before = serializer.to_representation(device)
    given = serializer.validated_data
    after = dict(before)
    for name, value in given.items():
        after[name] = (value and value.slug) if name == "site" else value
    return changes(before, after)


@extend_schema(tags=["Devices"])
class DeviceImportViewSet(viewsets.ViewSet):
    """Tables of devices."""

    has_dry_run = True

    @extend_schema(
        operation_id="device_imports_create",
        summary="Register and change devices from a CSV table",
        description=(
            "A line of a new uid registers a device, one of a registered uid changes the cells that"
            f" are not empty. All lines are done, or none; at most {MAX_ROWS}. With"
            " `?dry_run=true` nothing is, and the answer says what would be."
        ),
        parameters=[OpenApiParameter("dry_run", bool, description="Only say what would be done.")],
        request=DeviceTableSerializer,
        responses={200: ImportedSerializer},
    )
    def create(self, request: Request) -> Response:
        asked = DeviceTableSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            lines = read_table(asked.validated_data["text"])
        except BadTable as exc:
            raise serializers.ValidationError({"text": [str(exc)]}) from exc
        is_dry = _is_dry(request)
        try:
            with transaction.atomic():
                plan = Plan(lines, request)
                if is_dry:
                    return Response(plan.form())
                if plan.counts["wrong"]:
                    raise NotDone(
                        status.HTTP_400_BAD_REQUEST, plan, "Nothing was done: lines are wrong."
                    )
                if asked.validated_data.get("expect", plan.counts) != plan.counts:
                    raise NotDone(status.HTTP_409_CONFLICT, plan, OTHER)
                return Response(plan.form(plan.carry_out()))
        except IntegrityError as exc:
            raise Conflict from exc


def _is_dry(request: Request) -> bool:
    word = request.query_params.get("dry_run", "false")
    if word not in ("true", "false", "1", "0"):
        raise serializers.ValidationError({"dry_run": ["Write true or false."]})
    return word in ("true", "1")
