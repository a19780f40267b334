"""Changes of accounts, groups, API tokens and grants: by pages, REST, the admin or a command."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from access import audit
from access.audit import HIDDEN, SECRET, Of

# What a row of each is called in the log, and fields that are no change of it.
WORDS = {
    "auth.User": "account",
    "auth.Group": "group",
    "knox.AuthToken": "api_token",
    "access.Grant": "grant",
}
UNTOLD = {"last_login", "date_joined", "id"}
_BEFORE = "_before_audited_change"


def connect() -> None:
    for label in WORDS:
        model = apps.get_model(label)
        pre_save.connect(_remember, sender=model, dispatch_uid=f"audit.before.{label}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"audit.saved.{label}")
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"audit.deleted.{label}")
        for field in model._meta.many_to_many:
            m2m_changed.connect(
                _related, sender=getattr(model, field.name).through,
                dispatch_uid=f"audit.related.{label}.{field.name}",
            )  # fmt: skip


def _remember(instance: models.Model, **kwargs: Any) -> None:
    only = kwargs.get("update_fields")
    if instance.pk is None or (only is not None and UNTOLD.issuperset(only)):
        return
    stored = type(instance)._base_manager.filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, stored and _facts(stored))


def _saved(instance: models.Model, *, created: bool, **kwargs: Any) -> None:
    if kwargs.get("raw"):  # a fixture
        return
    word = _word(instance)
    before = instance.__dict__.pop(_BEFORE, None)
    after = _facts(instance)
    if created:
        audit.record(None, f"{word}.created", _of(instance), after=_told(after))
    elif before is not None and (names := [name for name in after if before[name] != after[name]]):
        old, new = ({name: facts[name] for name in names} for facts in (before, after))
        audit.record(None, f"{word}.changed", _of(instance), _told(old), _told(new))


def _deleted(instance: models.Model, **_kwargs: Any) -> None:
    audit.record(None, f"{_word(instance)}.deleted", _of(instance), before=_told(_facts(instance)))


def _related(
    instance: models.Model, action: str, model: Any, pk_set: set[Any] | None, **_kwargs: Any
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear") or instance._meta.label not in WORDS:
        return
    names = [str(each) for each in model._base_manager.filter(pk__in=pk_set or ())]
    facts = {str(model._meta.verbose_name_plural): sorted(names) or "all"}
    added = action == "post_add"
    audit.record(
        None, f"{_word(instance)}.changed", _of(instance),
        before=None if added else facts, after=facts if added else None,
    )  # fmt: skip


def _facts(row: models.Model) -> dict[str, Any]:
    """What is stored of it."""
    return {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.attname not in UNTOLD
    }


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if SECRET.search(name) else value for name, value in facts.items()}


def _word(row: models.Model) -> str:
    return WORDS[row._meta.label]


def _of(row: models.Model) -> Of:
    # A token's key in the table is the digest of the token.
    if public := getattr(row, "token_key", ""):
        return Of(_word(row), public, str(getattr(row, "user", "")))
    return Of(_word(row), str(row.pk), str(row))


connect()
