"""Every test of the database starts with an empty log, which Django's own clearing passes over."""

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _empty_log(request: pytest.FixtureRequest) -> None:
    """Deleted, not truncated: a lock on the whole log would keep new months waiting."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None:
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_event")
