"""Message templates that journeys name by slug, and blocks that contents include.

Those that somebody saved, and beneath them the library: the files of `templates/messages/content`,
read once per change.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext

from channels.core.blocks import expanded, gathered, named
from channels.models import Template, TemplateVersion

MESSAGES = Path(__file__).resolve().parents[2] / "templates" / "messages"
WORDS = re.compile(r"\[\[(.+?)\]\]")
FOLDER, LAYOUTS = MESSAGES / "content", MESSAGES / "layouts"

Find = Callable[[str], dict[str, Any] | None]


def known_templates() -> frozenset[str]:
    """The slugs of all templates."""
    saved = Template.objects.filter(removed_at=None).values_list("slug", flat=True)
    return library().union(saved)


def library() -> frozenset[str]:
    """The slugs of the templates that come with Sojourn."""
    return frozenset(path.stem for path in FOLDER.glob("*.yaml"))


def template(slug: str) -> dict[str, Any]:
    """A template's content (subject, html, mjml, text, title, body …, locales), as it was saved.

    Raises KeyError for an unknown slug.
    """
    found = of_library(slug) if (body := saved_body(slug)) is None else body
    if found is None:
        raise KeyError(slug)
    return found


def saved_body(slug: str) -> dict[str, Any] | None:
    """The latest version that somebody saved."""
    found = Template.objects.filter(slug=slug, removed_at=None).values_list("body", flat=True)
    body = found.first()
    return None if body is None else dict(body)


def of_library(slug: str) -> dict[str, Any] | None:
    path = FOLDER / f"{slug}.yaml"
    return dict(_read(path, path.stat().st_mtime_ns)) if slug in library() else None


def layouts() -> list[str]:
    """The names of what a new template may begin with."""
    return sorted(path.stem for path in LAYOUTS.glob("*.yaml"))


def layout(name: str) -> str | None:
    """The text of a layout, as an author of the reader's language would have written it."""
    known = name in layouts()
    return worded((LAYOUTS / f"{name}.yaml").read_text(encoding="utf-8")) if known else None


def worded(text: str) -> str:
    """A layout whose `[[words]]` are said in the reader's language."""
    return WORDS.sub(lambda found: gettext(found[1]), text)


def found(slug: str) -> dict[str, Any] | None:
    """What `{% include "slug" %}` puts in; any template can be a block of others."""
    try:
        return template(slug)
    except KeyError:
        return None


def whole(body: Mapping[str, Any], *, find: Find = found) -> dict[str, Any]:
    """A step's content as it is sent: the template it names, with all blocks in their places. When
    its offer ends, the step may say.

    Raises KeyError for an unknown template, BlockProblem for a block that cannot be put in.
    """
    content = dict(body)
    if "template" in body:
        named_one = find(body["template"])
        if not named_one:
            raise KeyError(body["template"])
        content = {**named_one, **{k: v for k, v in body.items() if k != "template"}}
    return expanded(content, gathered(content, find))


def needs(body: Mapping[str, Any]) -> frozenset[str]:
    """The templates that a step's content takes something from."""
    content = (found(body["template"]) or {}) if "template" in body else body
    return frozenset(gathered(content, found)).union(
        [body["template"]] if "template" in body else ()
    )


def borrows(body: Mapping[str, Any]) -> bool:
    """Whether a content takes anything from elsewhere, which may change without it."""
    return "template" in body or bool(named(body))


def page(*, after: str, limit: int) -> list[Template]:
    """Saved templates by name."""
    return list(Template.objects.filter(removed_at=None, slug__gt=after).order_by("slug")[:limit])


def saved(slug: str) -> Template | None:
    return Template.objects.filter(slug=slug, removed_at=None).first()


def versions(slug: str) -> Sequence[TemplateVersion]:
    """Newest first."""
    return list(TemplateVersion.objects.filter(template__slug=slug).order_by("-number"))


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
