"""The admin within a scope: staff find there what they administer, and grant within the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from access.granting import LastAdministrator, keep_one, people
from access.models import Grant
from access.roles import Role
from access.scope import Scope, ScopedQuerySet
from access.seen import SeenForm


def administered(request: HttpRequest) -> Scope:
    """What staff find in the admin, whose forms change whatever they show."""
    return Scope.of(request).where(Role.ADMINISTRATOR)


class ScopedAdmin(admin.ModelAdmin):
    """Of a scoped model: its rows, and what they may be given of other scoped models. What another
    saved since the form was opened is not written over."""

    form = SeenForm

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST" and connection.in_atomic_block:
            # Read again under the lock that holds until it is saved.
            rows = self.model._base_manager.select_for_update(of=("self",))
            found = rows.filter(pk=found.pk).first()
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        (title, first), *rest = super().get_fieldsets(request, obj)
        fields = [name for name in first["fields"] if name != "seen"]
        if self.has_change_permission(request, obj):
            fields.append("seen")
        return [(title, {**first, "fields": fields}), *rest]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows: Any = super().get_queryset(request)
        visible: models.QuerySet = rows.visible_to(administered(request))
        return visible

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and isinstance(field.queryset, ScopedQuerySet):
            field.queryset = field.queryset.visible_to(administered(request))
        return field


class ScopedRelation(admin.RelatedFieldListFilter):
    """A filter that offers only what may be seen."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        visible = field.related_model._default_manager.visible_to(administered(request))
        seen = {str(pk) for pk in visible.values_list("pk", flat=True)}
        offered = super().field_choices(field, request, model_admin)
        return [(key, name) for key, name in offered if str(key) in seen]


class GrantInline(admin.TabularInline):
    """Roles on the form of an account: for who administers every site."""

    model = Grant
    extra = 0

    def _may(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return Scope.of(request).may_administer(None)

    has_view_permission = has_add_permission = _may
    has_change_permission = has_delete_permission = _may


# Django's rights, for who is staff: whoever gives them to himself has all of them.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts, with their roles. Nothing is written that leaves nobody to administer.

    Django's own lets everybody who may change accounts make himself a superuser, or set the
    password of one. Here staff change accounts that are no superuser's, where they administer
    everything, and give none of Django's rights.
    """

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows: models.QuerySet = super().get_queryset(request)
        if _is_superuser(request):
            return rows
        answered_for = people(administered(request)).filter(is_superuser=False)
        return rows.filter(pk__in=answered_for.values("pk"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _administers_all(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        return given if _is_superuser(request) else (*given, *RIGHTS)

    def get_inlines(self, _request: HttpRequest, obj: User | None) -> list[Any]:
        return [] if obj is None else [GrantInline]

    def changeform_view(self, request: HttpRequest, *where: Any, **more: Any) -> Any:
        return self._kept(request, lambda: super(AccountAdmin, self).changeform_view(
            request, *where, **more
        ))  # fmt: skip

    def delete_view(self, request: HttpRequest, *where: Any, **more: Any) -> Any:
        return self._kept(request, lambda: super(AccountAdmin, self).delete_view(
            request, *where, **more
        ))  # fmt: skip

    def changelist_view(self, request: HttpRequest, *where: Any, **more: Any) -> Any:
        return self._kept(request, lambda: super(AccountAdmin, self).changelist_view(
            request, *where, **more
        ))  # fmt: skip

    def _kept(self, request: HttpRequest, work: Callable[[], Any]) -> HttpResponse:
        """The answer; what it wrote is taken back where nobody would be left."""
        if request.method != "POST":
            answer: HttpResponse = work()
            return answer
        try:
            with transaction.atomic():
                answer = work()
                keep_one()
                return answer
        except LastAdministrator as exc:
            self.message_user(request, str(exc), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


@admin.register(Group)
class RightsAdmin(GroupAdmin):
    """Groups give Django's rights: a superuser's to say."""

    def _may(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _is_superuser(request)

    has_add_permission = has_change_permission = has_delete_permission = _may


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _administers_all(request: HttpRequest) -> bool:
    return Scope.of(request).may_administer(None)


def _may_touch(request: HttpRequest, account: User | None) -> bool:
    if _is_superuser(request):
        return True
    return _administers_all(request) and not (account is not None and account.is_superuser)
