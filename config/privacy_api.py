"""What the management API does to customers in all houses at once, for keys with the scope
`privacy`: the routes join those that profiles has for customers.
"""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from config import privacy
from profiles.queries import clock
from profiles.views.api import router

__all__ = ["attached", "router"]


@router.get("/customers/{reference}/export")
def export_customer(request: HttpRequest, reference: str) -> StreamingHttpResponse:
    """All that is kept about a customer, merged identities included, as one JSON object."""
    return attached(privacy.find(reference))


@router.delete("/customers/{reference}")
def erase_customer(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Remove all that is personal about a customer. Answers how many rows that concerned."""
    customer = privacy.find(reference)
    return {"erased": customer, "rows": privacy.erase(customer, now=clock.now())}


def attached(customer: int) -> StreamingHttpResponse:
    """An export as a file to keep."""
    return StreamingHttpResponse(
        privacy.export(customer, now=clock.now()),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="customer-{customer}.json"',
            "Cache-Control": "no-store",
        },
    )
