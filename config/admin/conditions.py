"""What the condition builder asks for under the admin's session: its words, names to choose from,
and the audience of a condition that nobody has saved. Whoever may see segments or journeys asks;
customers are named, and what they say is quoted, for those who may see customers.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from config.admin import choices
from profiles.admin.base import CHANNELS, STAGES, BaseAdmin, Refused, now, word
from profiles.admin.words import SEGMENT_WORDS
from profiles.core.conditions import (
    OPERATORS,
    Condition,
    ConditionError,
    Vocabulary,
    explain,
    parse,
    references,
)
from profiles.core.conditions.vocabulary import AGGREGATES, MESSAGE_WORDS, OF_A_PROPERTY
from profiles.operations.segments import check
from profiles.queries import audience, find, segments
from profiles.queries.conditions import known_channels

SAMPLE = 10
PATIENT = dt.timedelta(seconds=60)
"""How long counting may take for somebody who asked for the exact number."""
PATH = "condition"


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A condition, where it stands (`segment` or `journey`), the name of the segment if it has one,
    and whether to count to the end.
    """

    condition: Any
    place: str = "segment"
    slug: str = ""
    exactly: bool = False


def urls(admin: BaseAdmin) -> list[URLPattern]:
    """The builder's addresses, beside those of the segments."""
    views: dict[str, tuple[str, Callable[[HttpRequest], Any]]] = {
        "language": ("GET", _language),
        "choices": ("GET", _choices),
        "audience": ("POST", _audience),
    }
    return [
        path(f"{name}/", _json(admin, method, answer), name=admin.route(name))
        for name, (method, answer) in views.items()
    ]


def addresses() -> dict[str, str]:
    """Where the builder asks, by name."""
    names = ("language", "choices", "audience")
    return {name: reverse(f"admin:profiles_segment_{name}") for name in names}


def may_ask(request: HttpRequest) -> bool:
    user = request.user
    return user.has_perm("profiles.view_segment") or user.has_perm("journeys.view_journey")


def shown(
    request: HttpRequest, condition: Condition, *, within: dt.timedelta | None = None
) -> dict[str, Any]:
    """The audience as the builder and the segment's page show it."""
    found = audience.preview_soon(condition, sample=SAMPLE, now=now(), within=within)
    known = sorted(found.reachable.items(), key=lambda each: -each[1])
    return {
        "words": explain(condition, language()),
        "count": found.number,
        "base": found.base,
        "exact": found.exact,
        "sampled": found.sampled,
        "margin": found.margin,
        "reachable": [
            {"channel": code, "name": word(CHANNELS, code), "count": n} for code, n in known
        ],
        "rules": [
            {"words": explain(rule, language()), "count": n} for rule, n in found.dropped_by_rule
        ],
        "sample": _people(found.sample) if request.user.has_perm("profiles.view_customer") else [],
    }


def language() -> str:
    return get_language() or "en"


def _people(ids: list[int]) -> list[dict[str, str]]:
    names = find.names(ids)
    return [
        {"name": names[pk], "url": reverse("admin:profiles_customer_change", args=[pk])}
        for pk in ids
        if pk in names
    ]


def _json(
    admin: BaseAdmin, method: str, answer: Callable[[HttpRequest], Any]
) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        if not may_ask(request):
            return _told({"code": "forbidden", "message": _("You may not do this.")}, 403)
        try:
            return _told(answer(request))
        except Refused as refusal:
            problems = [msgspec.to_builtins(each) for each in refusal.problems]
            facts = {"code": refusal.code, "message": str(refusal), "problems": problems}
            return _told(facts, refusal.status)
        except msgspec.DecodeError as error:
            return _told({"code": "malformed", "message": str(error), "problems": []}, 400)

    guarded = require_http_methods([method])(admin.admin_site.admin_view(view))
    return cast("Callable[..., HttpResponse]", guarded)


def _told(found: Any, status: int = 200) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    body = msgspec.json.encode(found)
    return HttpResponse(body, content_type="application/json", status=status, headers=headers)


def _language(request: HttpRequest) -> dict[str, Any]:
    """The words of the language, as the parser has them."""
    return {
        "operators": dict(OPERATORS),
        "measures": {kind: list(allowed) for kind, allowed in AGGREGATES.items()},
        "ofProperty": sorted(OF_A_PROPERTY),
        "outcomes": list(MESSAGE_WORDS),
        "channels": {code: word(CHANNELS, code) for code in sorted(known_channels())},
        "stages": {code: word(STAGES, code) for code in STAGES},
        "lifecycles": {code: word(SEGMENT_WORDS, code) for code in SEGMENT_WORDS},
    }


def _choices(request: HttpRequest) -> dict[str, Any]:
    return {"items": choices.items(request)}


def _audience(request: HttpRequest) -> dict[str, Any]:
    """Who would belong; only in words where that depends on the event a customer enters by."""
    asked = msgspec.json.decode(request.body, type=Asked)
    condition = _parsed(asked)
    looks_at = references(condition)
    if looks_at.entry or looks_at.contexts:
        why = _("This looks at what happens on the way, so nobody can be counted before.")
        return {"words": explain(condition, language()), "uncounted": why}
    return shown(request, condition, within=PATIENT if asked.exactly else None)


def _parsed(asked: Asked) -> Condition:
    """Raises Refused, whose problems say where."""
    in_journey = asked.place == "journey"
    if not in_journey and (problems := check(asked.condition, slug=asked.slug)):
        raise Refused("invalid", problems[0].message, status=422, problems=problems)
    known = Vocabulary(channels=known_channels(), segments=segments.slugs())
    try:
        return parse(
            asked.condition, path=PATH, entry_allowed=in_journey,
            vocabulary=known if in_journey else None,
        )  # fmt: skip
    except ConditionError as error:
        problems = list(error.problems)
        raise Refused("invalid", problems[0].message, status=422, problems=problems) from error
