"""Delete what an operator has selected in a list of the admin, however much it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext

from access.admin import ScopedAdmin

MAX_DELETED = 5_000  # rows of one action: its form names each (DATA_UPLOAD_MAX_NUMBER_FIELDS)
CHUNK = 250  # rows of one transaction
MAX_LISTED = 100  # rows that are named before a deletion is confirmed


class BoundedDelete(ScopedAdmin):
    """In steps, each a transaction of its own, so that none holds its tables for long."""

    def response_action(self, request: HttpRequest, queryset: QuerySet, *where: Any) -> Any:
        every = request.POST.get("select_across", "0") != "0"
        deletes = request.POST.get("action") == "delete_selected"
        if deletes and every and queryset.count() > MAX_DELETED:
            text = gettext("At most {n} at once; nothing was deleted. Narrow the list.")
            text = text.format(n=MAX_DELETED)
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *where)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Of many rows how many: Django's own answer also names all that goes with each."""
        if len(objs) <= MAX_LISTED:
            return super().get_deleted_objects(objs, request)
        name = str(self.opts.verbose_name_plural)
        missing = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        said = gettext("{n} {name}, with what belongs to them").format(n=len(objs), name=name)
        return [said], {name: len(objs)}, missing, []

    def deleting(self, request: HttpRequest, rows: QuerySet) -> None:
        """Called with each step's rows, in the transaction that then deletes them."""

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            with transaction.atomic():
                rows = self.model._default_manager.filter(pk__in=ids[start : start + CHUNK])
                self.deleting(request, rows)
                rows.delete()
