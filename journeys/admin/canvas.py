"""The canvas of a journey: its page, and the JSON that it asks for under the admin's session.

Whatever it changes goes through the operations that everything else uses; positions are not kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journeys.admin import canvas_numbers, canvas_versions, canvas_words, document
from journeys.admin.words import KINDS, STATES
from journeys.core import source
from journeys.core.problem import DocumentError
from journeys.models import Journey
from journeys.operations import draft
from journeys.operations.readiness import readiness
from journeys.operations.release import release
from journeys.operations.replan import preview
from journeys.queries.overview import Tally, tallies
from profiles.admin.base import CHANNELS, SEGMENT_WORDS, STAGES, BaseAdmin, Refused, now, word
from profiles.core.conditions.vocabulary import MESSAGE_WORDS, OPERATORS
from profiles.queries.conditions import known_channels

EDITED = "edited on the canvas"
"""Written once for somebody who goes on editing, not once for every save."""

BUILDER = ("language", "choices", "audience")
"""Where the condition builder asks, beside the segments."""

View = Callable[[HttpRequest, Any], Any]
canvas_views: dict[str, dict[str, View]] = {}
"""Further addresses by name and method, filled by those who know more than journeys does."""


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """The text of a draft, and the revision that it replaces."""

    document: str
    revision: int


class Release(msgspec.Struct, forbid_unknown_fields=True):
    """What the plan's dialog says, as the API has it."""

    revision: int
    note: str = ""
    confirm: bool = False
    override: str = ""
    move: dict[str, str] = {}


class CanvasAdmin(BaseAdmin):
    """What a journey's admin has for the canvas."""

    def get_urls(self) -> list[URLPattern]:
        views = {
            "draft": self._json({"GET": self._read, "PUT": self._write}),
            "check": self._json({"POST": self._check}),
            "plan": self._json({"GET": self._plan}),
            "release": self._json({"POST": self._release}),
            "numbers": self._json({"GET": canvas_numbers.numbers}),
            "versions": self._json({"GET": canvas_versions.versions, "POST": self._restore}),
            **{name: self._json(found) for name, found in canvas_views.items()},
        }
        own = [
            path(f"<path:object_id>/canvas/{name}/", view, name=self.route(f"canvas_{name}"))
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def boot(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        """All that the canvas needs to begin."""
        names = ("draft", "check", "plan", "release", "numbers", "versions", *canvas_views)
        urls = {name: self.url(f"canvas_{name}", row.slug) for name in names}
        return {
            "slug": row.slug,
            **_state(row),
            **_checked(row.source),
            "document": row.source,
            "mayChange": self.may_do(request, "save", row),
            "sandbox": reverse("admin:sandbox") if settings.SOJOURN_SANDBOX else "",
            "language": get_language() or "en",
            "urls": {**urls, "document": self.url("document", row.slug)},
            "conditions": {name: reverse(f"admin:profiles_segment_{name}") for name in BUILDER},
            **canvas_words.CATALOGUE.told(),
            "kinds": {code: word(KINDS, code) for code in KINDS},
            "channels": {code: word(CHANNELS, code) for code in sorted(known_channels())},
            "stages": {code: word(STAGES, code) for code in STAGES},
            "lifecycles": {code: word(SEGMENT_WORDS, code) for code in SEGMENT_WORDS},
            "operators": list(OPERATORS),
            "outcomes": list(MESSAGE_WORDS),
        }

    def _json(self, views: dict[str, View]) -> Callable[..., HttpResponseBase]:
        """One address: who may look gets, who may change does the rest; refusals are JSON."""

        def view(request: HttpRequest, object_id: str) -> HttpResponseBase:
            row = self.row(request, object_id)
            looks = request.method in ("GET", "HEAD")
            may = self.has_view_or_change_permission if looks else self._may_change
            if not may(request, row):
                return _answer({"code": "forbidden", "message": _("You may not do this.")}, 403)
            try:
                found = views["GET" if looks else str(request.method)](request, row)
            except Refused as refusal:
                return _answer(_told(refusal), refusal.status)
            except msgspec.DecodeError as error:
                return _answer({"code": "malformed", "message": str(error)}, 400)
            return found if isinstance(found, HttpResponseBase) else _answer(found)

        allowed = [*views, "HEAD"] if "GET" in views else list(views)
        guarded = require_http_methods(allowed)(self.admin_site.admin_view(view))
        return cast("Callable[..., HttpResponseBase]", guarded)

    def _may_change(self, request: HttpRequest, row: Journey) -> bool:
        return self.may_do(request, "save", row)

    def _read(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        token = get_token(request)
        return {**_state(row), "document": row.source, "by": _author(row), "token": token}

    def _write(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        given = msgspec.json.decode(request.body, type=Draft)
        with self._told(request, row):
            saved = draft.save(
                row.slug, given.document, revision=given.revision,
                by=request.user.get_username(), now=now(),
            )  # fmt: skip
        if not _goes_on(request, row):
            self.log_change(request, row, EDITED)
        return {**_state(saved), **_checked(saved.source)}

    def _check(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        given = msgspec.json.decode(request.body, type=Draft)
        return _checked(given.document)

    def _restore(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        given = msgspec.json.decode(request.body, type=canvas_versions.Restore)
        with self._told(request, row):
            restored = draft.restore(
                row.slug, number=given.version, revision=given.revision,
                by=request.user.get_username(), now=now(),
            )  # fmt: skip
        self.log_change(request, row, f"restored version {given.version}")
        return {**_state(restored), **_checked(restored.source), "document": restored.source}

    @contextmanager
    def _told(self, request: HttpRequest, row: Journey) -> Iterator[None]:
        """Whoever is overtaken gets what the other has saved."""
        try:
            yield
        except Refused as refusal:
            if refusal.code == "conflict":
                refusal.facts |= self._read(request, self.row(request, row.slug))
            raise

    def _plan(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        found = readiness(row.source, now=now())
        return {
            **_state(row),
            **_checked(row.source),
            "steps": preview(row.slug, move={}),
            "delivery": [msgspec.to_builtins(each) for each in found.problems],
            "before": row.live_version.source if row.live_version else None,
            "inside": tallies([row.pk]).get(row.pk, Tally()).active,
        }

    def _release(self, request: HttpRequest, row: Journey) -> dict[str, Any]:
        if not self.may_do(request, "publish", row):
            told = _("You may not publish: ask for it on the page of the journey.")
            raise Refused("forbidden", told, status=403)
        given = msgspec.json.decode(request.body, type=Release)
        draft.compare(row, given.revision)
        version = release(
            row.slug, by=request.user.get_username(), note=given.note.strip()[:500], now=now(),
            move=given.move, confirm=given.confirm, override=given.override[:500],
        ).version  # fmt: skip
        self.log_change(request, row, f"published version {version.number}")
        return {**_state(self.row(request, row.slug)), "version": version.number}


def _state(row: Journey) -> dict[str, Any]:
    return {
        "title": str(row),
        "state": row.state,
        "stateWord": word(STATES, row.state),
        "revision": row.revision,
        "version": row.live_version.number if row.live_version else None,
        "differs": document.differs(row),
    }


def _checked(text: str) -> dict[str, Any]:
    """What is wrong with a text, and what it says in words by place."""
    problems = [msgspec.to_builtins(each) for each in draft.check(text)]
    try:
        value = source.read(text).value
    except DocumentError:
        return {"problems": problems, "sentences": {}}
    return {"problems": problems, "sentences": document.sentences(value)}


def _goes_on(request: HttpRequest, row: Journey) -> bool:
    last = _log(row).first()
    return last is not None and (last.user_id, last.change_message) == (request.user.pk, EDITED)


def _author(row: Journey) -> str:
    """Who changed the draft last in the admin."""
    last = _log(row).select_related("user").first()
    return last.user.get_username() if last else ""


def _log(row: Journey) -> Any:
    kind = ContentType.objects.get_for_model(Journey)
    return LogEntry.objects.filter(content_type=kind, object_id=row.pk).order_by("-action_time")


def _told(refusal: Refused) -> dict[str, Any]:
    problems = [msgspec.to_builtins(each) for each in refusal.problems]
    return {"code": refusal.code, "message": str(refusal), "problems": problems, **refusal.facts}


def _answer(found: dict[str, Any], status: int = 200) -> HttpResponse:
    body = msgspec.json.encode(found)
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", status=status, headers=headers)
