"""Every test starts with no key remembered and, where it meets the database, with an empty log."""

import pytest
from django.db import connection

from profiles.queries import api_keys


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    """Django's own clearing passes over the log. Deleted, not truncated: see tests/database."""
    api_keys.forget()
    marker = request.node.get_closest_marker("django_db")
    if marker is None:
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_event")
