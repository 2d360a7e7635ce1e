"""The management API's customer routes. Each parses, calls one operation or query, and answers."""

import base64
import binascii
from typing import Annotated, Any, Literal, Self

import msgspec
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja.params.functions import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, model_validator

from profiles.core.answers import Refused
from profiles.core.consent import ConsentChange, worded
from profiles.core.identity import Joining
from profiles.operations.consent import set_consents
from profiles.operations.merge import merge
from profiles.queries import clock, confirmations, consents, customers, timeline
from profiles.tasks import ring

router = Router(tags=["customers"])

MOST = 200


class ConsentIn(BaseModel):
    """One word on a channel; an empty topic means all of it."""

    channel: str = Field(min_length=1, max_length=64)
    topic: str = Field("", max_length=255)
    state: Literal["subscribed", "unsubscribed", "pending", "paused", "resumed"]
    source: str = Field("api", max_length=255)
    proof: dict[str, Any] = {}
    wording: str = Field("", max_length=10_000)
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.wording and self.state != "pending":
            raise ValueError("A wording goes with the state pending, which asks about it.")
        self.change(customer_id=0)
        return self

    def change(self, *, customer_id: int) -> ConsentChange:
        """As the ledger takes it, with the exact wording in the proof. Raises ValueError."""
        given = self.model_dump(exclude={"wording"})
        asked = worded(self.wording) if self.wording else {}
        return ConsentChange(
            **{**given, "customer_id": customer_id, "proof": {**self.proof, **asked}}
        )


class ConsentsIn(BaseModel):
    """`{"consents": [...]}`; a bare list, or a single one, will do as well."""

    consents: list[ConsentIn] = Field(max_length=500)

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return {"consents": [given]} if "channel" in given else given
        return {"consents": given}


Reference = Annotated[
    str, BeforeValidator(lambda given: str(given) if type(given) is int else given)
]
"""A customer's id, or any of their identifiers as `kind:value`."""


class MergeIn(BaseModel):
    """`merged` goes into `into`, whose values win."""

    merged: Reference
    into: Reference


@router.get("/customers")
def list_customers(
    request: HttpRequest, cursor: str = "", limit: int = Query(50, ge=1, le=MOST)
) -> dict[str, Any]:
    """Customers by id, without what other houses know of them."""
    after = _opened(cursor, int) if cursor else 0
    items, following = customers.page(after=after, limit=limit)
    return {"items": items, "next": _sealed(following) if following else None}


@router.post("/customers/merge")
def merge_customers(request: HttpRequest, body: MergeIn) -> dict[str, Any]:
    """Join two customers who are one person; answers the one who stays. Repeatable."""
    merged, into = _found(body.merged), _found(body.into)
    if merge([Joining(into, merged, "operator")], now=clock.now()):
        ring("match")
    return get_customer(request, str(into))


@router.get("/customers/{reference}")
def get_customer(request: HttpRequest, reference: str) -> dict[str, Any]:
    """The single customer view. `reference` is an id, or any identifier as `kind:value`."""
    found = customers.view(_found(reference))
    if found is None:
        raise _unknown(reference)
    return found


@router.get("/customers/{reference}/timeline")
def get_timeline(
    request: HttpRequest, reference: str, cursor: str = "", limit: int = Query(50, ge=1, le=MOST)
) -> dict[str, Any]:
    """What happened to the customer, newest first."""
    before = _opened(cursor, timeline.Cursor) if cursor else None
    items, following = timeline.read(_found(reference), before=before, limit=limit)
    return {"items": items, "next": _sealed(following) if following else None}


@router.put("/customers/{reference}/consents")
def put_consents(request: HttpRequest, reference: str, body: ConsentsIn) -> dict[str, Any]:
    """Record consents; what is not named stays. Answers all consents on record.

    A pending one has the address where the customer confirms it (`confirm`).
    """
    customer_id = _found(reference)
    changes = [one.change(customer_id=customer_id) for one in body.consents]
    if set_consents(changes, now=clock.now()):
        ring("match")
    return {"consents": confirmations.added(customer_id, consents.of([customer_id])[customer_id])}


def _found(reference: str) -> int:
    customer_id = customers.find(reference)
    if customer_id is None:
        raise _unknown(reference)
    return customer_id


def _unknown(reference: str) -> Refused:
    message = _("There is no customer %(reference)s: give an id, or an identifier as kind:value.")
    return Refused("not_found", message % {"reference": reference}, status=404)


def _sealed(place: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _opened(cursor: str, kind: type[Any]) -> Any:
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(plain, type=kind)
    except (binascii.Error, ValueError):
        remedy = _("This cursor is not one of ours: start again without it.")
        raise Refused("invalid_cursor", remedy) from None
