"""What the template editor asks for under the admin's session: checks, previews, names, tests.

Each renders or reads what is in the editor, saved or not; nothing but a test leaves the house.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, cast

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from channels.admin import editor_words
from channels.core.content import misshapen
from channels.core.proof import Sheet, said
from channels.core.template_lint import asked, findings
from channels.core.template_paths import paths_of
from channels.core.template_rules import FILTERS
from channels.operations import proofs, seeds
from channels.operations.templates import check, composed
from channels.queries import fill, preview
from channels.queries.preview import Person
from channels.queries.templates import known_templates
from channels.views.previews import NOBODY, person
from config.admin import choices, template_audience, template_looks
from config.admin.choices import Asked as Named
from config.admin.written import read
from profiles.admin.base import CHANNELS, BaseAdmin, Refused, now, word
from profiles.queries import seen
from profiles.queries.conditions import known_channels
from profiles.queries.find import find

SECONDS = 5.0
"""A sample is read no longer than this; it says of how many it speaks."""
SEGMENTS = 3
PEOPLE = 8
SEE_CUSTOMERS = "profiles.view_customer"
View = Callable[[HttpRequest], Any]


class Typed(msgspec.Struct, forbid_unknown_fields=True):
    """A content as it stands in the editor, and for whom it is read.

    `customer` is an id, `kind:value`, `worst`, `random` or "" for nobody; `event` names the event
    whose properties texts see as `entry`; `audience` is whom the text is meant for, "" everybody.
    """

    source: str
    template: str = ""
    customer: str = ""
    language: str = ""
    event: str = ""
    audience: str = ""
    channels: list[str] = []


class Test(Typed):
    """To whom a test goes: addresses, and the seed list."""

    channel: str = ""
    to: str = ""
    seeds: bool = False


class EditorAdmin(BaseAdmin):
    """What a template's admin has for its editor."""

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, str, View]] = {
            "check": ("POST", "view", _check),
            "preview": ("POST", "view", _preview),
            "sample": ("POST", "view", _sample),
            "test": ("POST", "change", _test),
            "words": ("GET", "view", _words),
            "people": ("GET", "view", _people),
        }
        own = [
            path(f"editor/{name}/", self._answers(*each), name=self.route(f"editor_{name}"))
            for name, each in views.items()
        ]
        return [*own, *super().get_urls()]

    def boot(self, request: HttpRequest, slug: str, may_change: bool) -> dict[str, Any]:
        """All that the editor needs to begin."""
        names = ("check", "preview", "sample", "test", "words", "people")
        return {
            "template": slug,
            "mayChange": may_change,
            "mayTest": request.user.has_perm("channels.change_template"),
            "seeds": len(seeds.everybody()),
            "testable": list(seeds.CHANNELS),
            "language": get_language() or "en",
            "urls": {name: self.url(f"editor_{name}") for name in names},
            "channels": {code: word(CHANNELS, code) for code in sorted(known_channels())},
            **editor_words.CATALOGUE.told(),
        }

    def _answers(self, method: str, right: str, answer: View) -> Callable[..., HttpResponse]:
        """One address, for whoever has the right; refusals are JSON."""

        def view(request: HttpRequest) -> HttpResponse:
            rights = {right, "change"} if right == "view" else {right}
            if not any(request.user.has_perm(f"channels.{each}_template") for each in rights):
                return _json({"code": "forbidden", "message": _("You may not do this.")}, 403)
            try:
                return _json(answer(request))
            except Refused as refusal:
                told = {"code": refusal.code, "message": str(refusal)}
                return _json(told, refusal.status)
            except msgspec.MsgspecError as error:
                return _json({"code": "malformed", "message": str(error)}, 400)

        guarded = require_http_methods([method])(self.admin_site.admin_view(view))
        return cast("Callable[..., HttpResponse]", guarded)


def _check(request: HttpRequest) -> dict[str, Any]:
    """Everything that is wrong, and what would be empty for whom."""
    given = msgspec.json.decode(request.body, type=Typed)
    content = read(given.source)
    if not isinstance(content, dict):
        return {"findings": [], "problems": _problems(content, given.template)}
    fills = fill.fills(asked(content), template_audience.people(request, given.audience))
    known = frozenset(each.name for each in seen.attributes()) if fills else frozenset()
    told = findings(content, fills, known)
    refused = {_place(each.language, each.field) for each in told if each.severity == "error"}
    problems = _problems(content, given.template)
    return {
        "findings": [msgspec.to_builtins(template_looks.worded(each)) for each in told],
        "problems": [each for each in problems if each["path"] not in refused],
    }


def _problems(content: Any, slug: str) -> list[dict[str, str]]:
    return [{"path": each.path, "message": each.message} for each in check(content, slug=slug)]


def _place(language: str, field: str) -> str:
    return f"locales.{language}.{field}" if language else field


def _preview(request: HttpRequest) -> dict[str, Any]:
    """As one customer would get it on each channel that is asked for."""
    given = msgspec.json.decode(request.body, type=Typed)
    among = template_audience.people(request, given.audience)
    content, who, entry = _read(request, given, among)
    locale = given.language or who.locale
    language, spoken = preview.spoken(content, locale)
    facts = _facts(who, entry)
    wanted = [each for each in given.channels if each in known_channels()]
    channels = wanted or preview.speaking(spoken)
    shown = preview.show(spoken, channels, facts=facts, locale=locale, purpose="marketing")
    read_there = [_read_by(spoken, each) for each in channels]
    return {
        "customer": template_looks.customer(who),
        "language": language,
        "missing": sorted({path for each in read_there for path in preview.missing(each, facts)}),
        "readsEvent": any(path[0] == "entry" for path in paths_of(read_there).read),
        "event": template_looks.event(entry, who),
        "audience": template_audience.told(given.audience, among),
        "channels": {each.channel: template_looks.shown(each) for each in shown},
    }


def _read_by(spoken: dict[str, Any], channel: str) -> dict[str, Any]:
    """What a channel shows of a content, its page as it is written."""
    page = {"mjml": spoken["mjml"]} if channel == "email" and "mjml" in spoken else {}
    return {**said(spoken, channel), **page}


def _sample(request: HttpRequest) -> dict[str, Any]:
    """The same read through for customers from all over the base: lengths, gaps, errors."""
    _may_see_customers(request)
    given = msgspec.json.decode(request.body, type=Typed)
    content, _who, entry = _read(request, given)
    channel = next((each for each in given.channels if each in known_channels()), "sms")
    _language, spoken = preview.spoken(content, given.language)
    sheet = Sheet(
        spoken, channel=channel, purpose="marketing", base=settings.PUBLIC_URL, segments=SEGMENTS
    )
    began = monotonic()
    lent = entry.properties if entry else {}
    people = fill.sample(among=template_audience.people(request, given.audience))
    fill.read_through(sheet, people, lent, lambda: monotonic() - began > SECONDS)
    if sheet.fault:
        raise Refused("invalid", sheet.fault, status=422)
    return sheet.told()


def _test(request: HttpRequest) -> dict[str, Any]:
    """Colleagues get what is in the editor, as the person shown would."""
    given = msgspec.json.decode(request.body, type=Test)
    content, who, entry = _read(request, given)
    to = given.to.replace(",", " ").split()
    to += seeds.addresses(given.channel) if given.seeds else []
    if given.channel not in seeds.CHANNELS:
        raise Refused("invalid", _("There is no channel %s.") % given.channel, status=422)
    sent = proofs.send(
        content, channel=given.channel, to=to, facts=_facts(who, entry),
        locale=given.language or who.locale, now=now(),
    )  # fmt: skip
    return {"sent": [each._asdict() for each in sent]}


def _words(request: HttpRequest) -> dict[str, Any]:
    """What there is to write with: names as they are seen, and what templates may use."""
    may = request.user.has_perm
    if of := request.GET.get("of", ""):
        return {"properties": choices.properties(Named(of.replace("\0", ""), "", may))}
    return {
        "attributes": choices.attributes(Named("", "", may)),
        "events": choices.events(Named("", "", may)),
        "filters": sorted(FILTERS),
        "templates": sorted(known_templates()),
        "audiences": template_audience.choices(request),
    }


def _people(request: HttpRequest) -> dict[str, Any]:
    """Customers by name, address or identifier, for whoever may look at customers."""
    _may_see_customers(request)
    found = find(request.GET.get("q", ""))[:PEOPLE]
    return {"people": template_looks.people(found)}


def _may_see_customers(request: HttpRequest) -> None:
    if not request.user.has_perm(SEE_CUSTOMERS):
        raise Refused("forbidden", _("You may not see customers."), status=403)


def _read(
    request: HttpRequest, given: Typed, among: Sequence[int] | None = None
) -> tuple[dict[str, Any], Person, fill.Entry | None]:
    """The content with its blocks, whom it is read for, and with which event. Raises Refused.

    Who may not look at customers reads it for nobody.
    What is wrong with one text is told where a channel shows it.
    """
    typed = read(given.source)
    if wrong := next(misshapen(typed), None):
        path, _code, sentence = wrong
        raise Refused("invalid", f"{path}: {sentence}", status=422)
    content = composed(typed)
    if not request.user.has_perm(SEE_CUSTOMERS):
        return content, NOBODY, None
    who = person(given.customer, content, among)
    return content, who, fill.entry(given.event, who.id)


def _facts(who: Person, entry: fill.Entry | None) -> dict[str, Any]:
    return {
        "customer": who.attributes,
        "entry": entry.properties if entry else {},
        "context": {},
        "journey": "preview",
    }


def _json(found: dict[str, Any], status: int = 200) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(
        msgspec.json.encode(found), content_type="application/json", status=status, headers=headers
    )
