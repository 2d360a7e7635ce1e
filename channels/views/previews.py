"""Contents as somebody would get them: shown, or sent to colleagues as a test."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel, Field

from channels.core.variants import LOCALES
from channels.models import Seed
from channels.operations import proofs, seeds
from channels.operations.templates import check, composed
from channels.queries import preview
from channels.queries.preview import Person, Shown
from profiles.core.answers import Refused
from profiles.queries import clock, customers
from profiles.queries.conditions import known_channels

router = Router(tags=["templates"])

NOBODY = Person(None, "", {})


class PreviewIn(BaseModel):
    """A template's name, or a content. `customer` is an id, `kind:value`, `random` or `worst` (who
    lacks most of what the content asks for); `customer_facts` show somebody who does not exist.
    """

    template: str = Field("", max_length=64)
    content: dict[str, Any] | None = None
    channels: list[str] = Field([], max_length=10)
    customer: str = Field("", max_length=300)
    customer_facts: dict[str, Any] = {}
    locale: str = Field("", max_length=40)
    entry: dict[str, Any] = {}
    context: dict[str, Any] = {}


class TestIn(PreviewIn):
    """To whom the test goes: addresses, and the seed list."""

    channel: str
    to: list[str] = Field([], max_length=proofs.MOST)
    seeds: bool = False


class SeedIn(BaseModel):
    channel: str
    address: str = Field(max_length=320)
    name: str = Field("", max_length=200)


class SeedsIn(BaseModel):
    """The whole list."""

    seeds: list[SeedIn] = Field(max_length=proofs.MOST)


@router.post("/templates/preview")
def preview_template(request: HttpRequest, body: PreviewIn) -> dict[str, Any]:
    """Rendered per channel, with what is wrong and what is missing. Nothing is sent."""
    content = _content(body)
    who = person(body.customer, content)
    locale = body.locale or who.locale
    language, spoken = preview.spoken(content, locale)
    facts = _facts(body, who)
    channels = _known(body.channels) or preview.speaking(spoken)
    shown = preview.show(spoken, channels, facts=facts, locale=locale, purpose="marketing")
    return {
        "customer": who.id,
        "locale": locale,
        "language": language,
        "languages": ["", *(content.get(LOCALES) or {})],
        "missing": preview.missing(spoken, facts),
        "channels": {each.channel: _shape(each) for each in shown},
    }


@router.post("/templates/test")
def send_test(request: HttpRequest, body: TestIn) -> dict[str, Any]:
    """Send it now, as this customer would get it, to colleagues. It counts nowhere."""
    content = _content(body)
    who = person(body.customer, content)
    to = [*body.to, *(seeds.addresses(body.channel) if body.seeds else ())]
    sent = proofs.send(
        content, channel=body.channel, to=to, facts=_facts(body, who),
        locale=body.locale or who.locale, now=clock.now(),
    )  # fmt: skip
    return {
        "sent": [{"to": each.to, "status": each.status, "detail": each.detail} for each in sent]
    }


@router.get("/seeds")
def list_seeds(request: HttpRequest) -> dict[str, Any]:
    """The seed list."""
    return {"seeds": [_seed(each) for each in seeds.everybody()]}


@router.put("/seeds")
def put_seeds(request: HttpRequest, body: SeedsIn) -> dict[str, Any]:
    """Replace the seed list."""
    seeds.replace([(each.channel, each.address, each.name) for each in body.seeds])
    return list_seeds(request)


def _content(body: PreviewIn) -> dict[str, Any]:
    """The content that is meant, blocks in place."""
    if bool(body.template) == (body.content is not None):
        raise _invalid(_("Give a template's name, or a content."))
    if body.content is not None and (problems := check(body.content)):
        raise Refused("invalid", problems[0].message, status=422, problems=problems)
    return composed({"template": body.template} if body.content is None else body.content)


def person(asked: str, content: dict[str, Any], among: Sequence[int] | None = None) -> Person:
    """Who is asked for: an id, `kind:value`, `random` or `worst`, of everybody or of those `among`;
    "" is nobody. Raises Refused.
    """
    if not asked:
        return NOBODY
    if asked == "random":
        return _by_lot(among) or NOBODY
    if asked == "worst":
        return preview.worst(content, among) or NOBODY
    number = customers.find(asked)
    found = preview.person(number) if number is not None else None
    if found is None:
        message = _(
            "There is no customer %(reference)s: give an id, or an identifier as kind:value."
        )
        raise Refused("not_found", message % {"reference": asked}, status=404)
    return found


def _by_lot(among: Sequence[int] | None) -> Person | None:
    if among is None:
        return preview.somebody(lot=secrets.randbelow(10**9) / 10**9)
    return preview.person(secrets.choice(among)) if among else None


def _facts(body: PreviewIn, who: Person) -> dict[str, Any]:
    """What templates see."""
    return {
        "customer": {**who.attributes, **body.customer_facts},
        "entry": body.entry,
        "context": body.context,
        "journey": "preview",
    }


def _known(channels: list[str]) -> list[str]:
    strange = sorted(set(channels) - known_channels())
    if strange:
        raise _invalid(_("There is no channel %s.") % strange[0])
    return list(dict.fromkeys(channels))


def _shape(shown: Shown) -> dict[str, Any]:
    text = shown.rendered
    found: dict[str, Any] = {
        "subject": text.subject, "html": text.html, "text": text.text, "title": text.title,
        "body": text.body, "url": text.url, "image": text.image, "data": text.data,
        "headers": text.headers, "problem": shown.problem, "aborted": shown.aborted,
    }  # fmt: skip
    if shown.segments is not None:
        found["segments"] = {
            "count": shown.segments.count, "encoding": shown.segments.encoding,
            "units": shown.segments.units,
        }  # fmt: skip
    return found


def _seed(seed: Seed) -> dict[str, str]:
    return {"channel": seed.channel, "address": seed.address, "name": seed.name}


def _invalid(words: str) -> Refused:
    return Refused("invalid", words, status=422)
