"""The management API's template routes. Each parses, calls one operation or query, and answers."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query
from pydantic import BaseModel, Field

from channels.models import Template, TemplateVersion
from channels.operations import templates as operations
from channels.queries import templates
from profiles.core.answers import instant_text
from profiles.queries import clock

router = Router(tags=["templates"])

MOST = 200


class TemplateIn(BaseModel):
    """A content with a name. `revision` is the version that was read; null creates."""

    content: dict[str, Any]
    title: str = Field("", max_length=200)
    note: str = Field("", max_length=1000)
    revision: int | None = None


class ContentIn(BaseModel):
    """A content that nobody has saved, for the template of this name."""

    content: dict[str, Any]
    template: str = Field("", max_length=64)


@router.get("/templates")
def list_templates(
    request: HttpRequest, cursor: str = "", limit: int = Query(50, ge=1, le=MOST)
) -> dict[str, Any]:
    """Saved templates by name."""
    found = templates.page(after=cursor.replace("\0", ""), limit=limit + 1)
    items = [_shape(each) for each in found[:limit]]
    return {"items": items, "next": items[-1]["template"] if len(found) > limit else None}


@router.post("/templates/check")
def check_template(request: HttpRequest, body: ContentIn) -> dict[str, Any]:
    """What keeps a content from being saved."""
    problems = operations.check(body.content, slug=body.template)
    return {"problems": [{"path": p.path, "code": p.code, "message": p.message} for p in problems]}


@router.get("/templates/{slug}")
def get_template(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The latest version, and the list of all; one that came with Sojourn has version 0."""
    found = templates.saved(slug)
    if found is None:
        return _of_library(slug)
    return {**_shape(found), "versions": [_line(each) for each in templates.versions(slug)]}


@router.get("/templates/{slug}/versions/{number}")
def get_version(request: HttpRequest, slug: str, number: int) -> dict[str, Any]:
    """A version as it was saved; PUT its content to go back to it."""
    for each in templates.versions(slug):
        if each.number == number:
            return {**_line(each), "template": slug, "content": each.body}
    raise operations.unknown(f"{slug} {number}")


@router.put("/templates/{slug}")
def put_template(request: HttpRequest, slug: str, body: TemplateIn) -> dict[str, Any]:
    """Create or replace. Journeys take the new version when they are published again."""
    saved = operations.save(
        slug, title=body.title, content=body.content, revision=body.revision, note=body.note,
        by=_who(request), now=clock.now(),
    )  # fmt: skip
    return _shape(saved)


@router.delete("/templates/{slug}")
def delete_template(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Nobody can name it any more; what was published with it goes on."""
    operations.remove(slug, now=clock.now())
    return {"template": slug, "deleted": True}


def _who(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "auth", None), "name", "") or "api")


def _of_library(slug: str) -> dict[str, Any]:
    content = templates.of_library(slug)
    if content is None:
        raise operations.unknown(slug)
    return {
        "template": slug, "title": "", "content": content, "version": 0, "revision": None,
        "updated_at": None, "versions": [],
    }  # fmt: skip


def _shape(found: Template) -> dict[str, Any]:
    return {
        "template": found.slug,
        "title": found.title,
        "content": found.body,
        "version": found.version,
        "revision": found.version,
        "updated_at": instant_text(found.updated_at),
    }


def _line(version: TemplateVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "title": version.title,
        "by": version.by,
        "note": version.note,
        "at": instant_text(version.at),
    }
