"""The message routes of the management API, and the sandbox's inbox."""

from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.params.functions import Query
from pydantic import BaseModel, Field

from channels.core.message import STATUSES, Action
from channels.operations import chats, inbox, onsite, resolve
from channels.queries import messages
from profiles.core.answers import Refused
from profiles.queries import clock, customers
from profiles.tasks import ring

router = Router(tags=["messages"])

MOST = 1000


class DecisionIn(BaseModel):
    """It has left (`sent`), it is to be sent again (`resend`), or it is given up (`drop`)."""

    action: Action


class DecisionsIn(DecisionIn):
    """The same for the oldest messages at a status."""

    status: Literal["unknown", "failed", "expired"]
    journey: str = Field("", max_length=100)
    limit: int = Field(MOST, ge=1, le=10 * MOST)


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


@router.post("/messages/{uid}/resolve")
def resolve_message(request: HttpRequest, uid: UUID, body: DecisionIn) -> dict[str, Any] | None:
    """Decide about a message that stopped; 409 with its status where it stands elsewhere by now."""
    resolve.resolve_one(uid, action=body.action, by="api", now=clock.now())
    _wake(body.action)
    return messages.one(uid)


@router.post("/messages/resolve")
def resolve_messages(request: HttpRequest, body: DecisionsIn) -> dict[str, int]:
    """Decide about many; `resolved` is how many were moved: 0 when none is left."""
    count = resolve.resolve_standing(
        action=body.action, status=body.status, journey=body.journey.replace("\0", ""),
        limit=body.limit, by="api", now=clock.now(),
    )  # fmt: skip
    _wake(body.action)
    return {"resolved": count}


@router.post("/customers/{reference}/telegram")
def telegram_link(request: HttpRequest, reference: str) -> dict[str, str]:
    """The link by which this customer opens the bot's chat; whoever follows it is them."""
    return chats.link(_customer(reference))


@router.post("/customers/{reference}/inbox")
def inbox_token(request: HttpRequest, reference: str) -> dict[str, str]:
    """What this customer's browser reads their messages on the site with, once they log in."""
    return onsite.token(_customer(reference))


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


def _wake(action: Action) -> None:
    """Whoever goes on with it: the hand-over, or the journeys that hear of it."""
    ring("dispatch" if action == "resend" else "match")


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
