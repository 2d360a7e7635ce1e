"""What is written as YAML in a form: read, shown again with what is wrong, in an author's order."""

from collections.abc import Sequence
from typing import Any

from journeys.core import source
from journeys.core.problem import DocumentError
from profiles.admin.base import Refused


def read(text: str) -> Any:
    """The value. Raises Refused."""
    try:
        return source.read(text).value
    except DocumentError as error:
        raise Refused("invalid", str(error)) from error


def shown_again(given: dict[str, str], refusal: Refused) -> dict[str, Any]:
    """What was typed, and what is wrong with it."""
    told = [(each.path, each.message) for each in refusal.problems] or [("", str(refusal))]
    return {
        "text": given["source"],
        "name": given["name"],
        "given_title": given["title"],
        "problems": told,
    }


def in_order(value: Any, first: Sequence[str]) -> Any:
    """The keys in `first` before others, at every level: the database keeps no order of keys."""
    if isinstance(value, list):
        return [in_order(each, first) for each in value]
    if not isinstance(value, dict):
        return value
    rank = {key: place for place, key in enumerate(first)}
    keys = sorted(value, key=lambda key: rank.get(key, len(rank)))
    return {key: in_order(value[key], first) for key in keys}
