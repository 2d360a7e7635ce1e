"""What the texts of a journey know of a customer who is in it, besides the customer."""

from collections.abc import Mapping
from typing import Any

from journeys.queries.enrollments import Row
from journeys.queries.plans import Loaded


def texts_know(
    row: Row, version: Loaded, customer: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`entry`, `context` and `journey`; `customer` where the caller has looked them up, and not
    when the message is rendered later.
    """
    found = {} if customer is None else {"customer": customer}
    return {
        **found,
        "entry": row.entry,
        "context": row.context,
        "journey": {"slug": version.slug, "title": version.plan.title},
    }
