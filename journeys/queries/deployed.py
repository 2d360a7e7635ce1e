"""What is published and what waits as a draft, as it was typed: for files to compare with."""

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

SAVED = """
SELECT j.slug, j.state, j.revision, j.source, v.number, v.source, v.by, v.note
FROM journeys_journey j LEFT JOIN journeys_version v ON v.id = j.live_version_id
WHERE %(slugs)s::text[] IS NULL OR j.slug = ANY(%(slugs)s::text[]) ORDER BY j.slug
"""


class Saved(NamedTuple):
    """A journey as the database has it. `number` and what follows are the live version's, None or
    empty before the first.
    """

    slug: str
    state: str
    revision: int
    draft: str
    number: int | None
    live: str
    by: str
    note: str

    @property
    def published(self) -> bool:
        return self.number is not None


def saved(slugs: Collection[str] | None = None) -> dict[str, Saved]:
    """The journeys of these names, or all of them, by name."""
    with connection.cursor() as cursor:
        cursor.execute(SAVED, {"slugs": None if slugs is None else list(slugs)})
        rows = cursor.fetchall()
    return {row[0]: Saved(*row[:5], *(text or "" for text in row[5:])) for row in rows}
