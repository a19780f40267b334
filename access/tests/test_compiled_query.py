"""A compiled query has what the ORM has, in one statement."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.compiled_query import CompiledQuery
from access.models import Grant
from access.roles import Role


@pytest.mark.django_db
def test_rows_are_whole_and_bring_what_is_beside_them() -> None:
    of_whom: CompiledQuery[Grant] = CompiledQuery(
        lambda: Grant.objects.filter(user__username="\0").select_related("user", "site"), "\0"
    )
    site = Grant._meta.get_field("site").related_model.objects.create(slug="north", name="North")
    for name, where in (("anna", [site, None]), ("ben", [site])):
        user = User.objects.create(username=name)
        for each in where:
            Grant.objects.get_or_create(user=user, site=each, defaults={"role": Role.VIEWER})
    for name in ("anna", "ben", "nobody", "anna"):
        with CaptureQueriesContext(connection) as asked:
            found = [(row, row.user.username, row.site) for row in of_whom.rows(name)]
        assert len(asked) == 1
        plain = Grant.objects.filter(user__username=name)
        assert found == [(row, name, row.site) for row in plain]
        assert [vars(row).keys() for row, _, _ in found] == [
            vars(row).keys() for row in plain.select_related("user", "site")
        ]


def test_a_stand_in_that_is_not_in_the_query_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no"):
        CompiledQuery(lambda: User.objects.filter(username="\0"), "\1").rows("anna")
