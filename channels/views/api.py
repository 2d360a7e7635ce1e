"""The message routes of the management API, and the sandbox's inbox."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.params.functions import Query

from channels.core.message import STATUSES
from channels.operations import inbox
from channels.queries import messages
from profiles.core.answers import Refused
from profiles.queries import customers

router = Router(tags=["messages"])

MOST = 1000


@router.get("/messages")
def list_messages(
    request: HttpRequest,
    *,
    customer: str = "",
    journey: str = "",
    status: str = "",
    cursor: str = "",
    limit: int = Query(50, ge=1, le=MOST),
) -> dict[str, Any]:
    """Messages, newest first, with attempts and receipts. `customer` is an id or `kind:value`."""
    if status and status not in STATUSES:
        known = ", ".join(STATUSES)
        raise Refused("invalid", _("A status is one of %(known)s.") % {"known": known})
    page = messages.page(
        customer=_customer(customer) if customer else None,
        journey=journey.replace("\0", ""),
        status=status,
        before=_place(cursor) if cursor else None,
        limit=limit,
    )
    return _page(page)


@router.get("/sandbox/inbox")
def read_inbox(
    request: HttpRequest, cursor: str = "", limit: int = Query(MOST, ge=1, le=MOST)
) -> dict[str, Any]:
    """What would have been sent, oldest first."""
    _require_sandbox()
    return _page(messages.inbox(after=_place(cursor) if cursor else 0, limit=limit))


@router.delete("/sandbox/inbox")
def empty_inbox(request: HttpRequest) -> HttpResponse:
    """Empty the inbox. The messages themselves stay, with everything that is counted of them."""
    _require_sandbox()
    inbox.empty()
    return HttpResponse(status=204)


def _page(page: messages.Page) -> dict[str, Any]:
    return {"items": page.items, "next": str(page.next) if page.next is not None else None}


def _customer(reference: str) -> int:
    found = customers.find(reference)
    if found is None:
        message = _(
            "There is no customer %(reference)s: give an id, or an identifier as kind:value."
        )
        raise Refused("not_found", message % {"reference": reference}, status=404)
    return found


def _place(cursor: str) -> int:
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        return int(cursor)
    remedy = _("This cursor is not one of ours: start again without it.")
    raise Refused("invalid_cursor", remedy)


def _require_sandbox() -> None:
    if not settings.SOJOURN_SANDBOX:
        message = _("This works in the sandbox only: start with SOJOURN_SANDBOX=1.")
        raise Refused("forbidden", message, status=403)
