"""Message templates that journeys name by slug:
the files of `templates/messages/content`, read once per change.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "messages" / "content"


def known_templates() -> frozenset[str]:
    """The slugs of all templates."""
    return frozenset(path.stem for path in FOLDER.glob("*.yaml"))


def template(slug: str) -> dict[str, Any]:
    """A template's content (subject, html, mjml, text, title, body …).

    Raises KeyError for an unknown slug.
    """
    path = FOLDER / f"{slug}.yaml"
    if slug not in known_templates():
        raise KeyError(slug)
    return dict(_read(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
