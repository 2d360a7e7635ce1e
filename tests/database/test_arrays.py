"""Values written as PostgreSQL writes an array come back as they were, whatever they hold."""

from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from profiles.queries.cursor import texts, uuids
from tests.hurry import UNHURRIED

pytestmark = pytest.mark.django_db
STORABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@with_settings(max_examples=60, suppress_health_check=UNHURRIED)
@given(st.lists(STORABLE | st.sampled_from(["", "NULL", '"', "\\", "a,b", "{}", "'", "%s"])))
def test_texts_come_back_as_they_were(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [texts(values)])
        assert cursor.fetchone() == (values,)


@with_settings(max_examples=60, suppress_health_check=UNHURRIED)
@given(st.lists(st.uuids()))
def test_ids_come_back_as_they_were(values: list[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::uuid[]", [uuids(values)])
        assert cursor.fetchone() == (values,)
