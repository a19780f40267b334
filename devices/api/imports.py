"""Register and change many devices from a table, all or none; dry first, to see what it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from access.json_rows import update_all
from access.permission import check_named
from access.scope import Scope
from devices import signals
from devices.api.conflict import Conflict, refused_as
from devices.api.edits import changes
from devices.api.serializers import DeviceSerializer, NewDeviceSerializer
from devices.api.strict import Strict
from devices.changes import announce_moved
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
        self._edited: list[Device] = []
        self._changed: dict[int, dict[str, list[Any]]] = {}  # by device
        self._left: dict[int, int | None] = {}  # where each of those stood
        self._told: list[dict[str, Any]] = []
        check_named(request, Device, uid__in=[line.uid for line in lines])
        visible = Device.objects.visible_to(Scope.of(request))
        rows = visible.filter(uid__in=[line.uid for line in lines]).select_related("site")
        found = rows.select_for_update(of=("self",)).order_by("pk")
        there = {device.uid: device for device in found}
        # One of each for all lines: to make its fields takes longer than to check a line.
        fresh = self._fresh = NewDeviceSerializer(many=True, context=self._context).child
        self._other = DeviceSerializer(partial=True, context=self._context)
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
            try:
                if device is None:
                    self._new.append(self._fresh.run_validation({"uid": line.uid, **line.cells}))
                    act, changed = (
                        "register",
                        {name: [None, cell] for name, cell in line.cells.items()},
                    )
                else:
                    changed = self._edit(device, line.cells)
                    act = "change" if changed else "same"
            except serializers.ValidationError as exc:
                errors = [
                    f"{name}: {' '.join(map(str, said))}" for name, said in exc.detail.items()
                ]
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

    def _edit(self, device: Device, cells: dict[str, Any]) -> dict[str, list[Any]]:
        """What the cells change, in the form of REST."""
        self._other.instance = device
        wanted = self._other.run_validation(cells)
        before, left = _form(device, wanted), device.site_id
        for name, value in wanted.items():
            setattr(device, name, value)
        changed = changes(before, _form(device, wanted))
        if changed:
            self._edited.append(device)
            self._changed[device.pk], self._left[device.pk] = changed, left
        return changed

    def carry_out(self) -> list[dict[str, str]]:
        """The tokens of the devices that are new."""
        by = self._context["request"].user
        made = self._fresh.create_all(self._new)
        fields = {name for each in self._changed.values() for name in each}
        update_all(self._edited, [*sorted(fields), "updated_at"])
        announce_moved(self._edited, self._left)
        counts = {"registered": len(made), "edited": len(self._edited)}
        told = {"left": self._left, "each": self._changed, **counts}
        signals.tell("imported", self._edited, by, **told)
        return [{"uid": device.uid, "token": device.token} for device in made]


def _form(device: Device, names: Iterable[str]) -> dict[str, Any]:
    form = {name: getattr(device, name) for name in names}
    return form | ({"site": device.site and device.site.slug} if "site" in form else {})


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
        with refused_as(Conflict()):
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


def _is_dry(request: Request) -> bool:
    word = request.query_params.get("dry_run", "false")
    if word not in ("true", "false", "1", "0"):
        raise serializers.ValidationError({"dry_run": ["Write true or false."]})
    return word in ("true", "1")
