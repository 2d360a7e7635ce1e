"""What distinguishes two documents of one journey, value by value: before and after, side by side.

Steps are the same when their ids are, as in `difference`; the order of keys does not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Field(NamedTuple):
    """One value, as text, of a step or with "" of the journey. None where it is not there."""

    step: str
    path: str
    before: str | None
    after: str | None


def fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Field]:
    """Every value that differs: the journey's own first, then those of the steps, the new ones in
    their order before those that are gone.
    """
    before, after = _steps(old), _steps(new)
    rest = [{key: value for key, value in each.items() if key != "steps"} for each in (old, new)]
    found = [Field("", *each) for each in _differing("", *rest)]
    for id in dict.fromkeys((*after, *before)):
        pair = before.get(id, _NOTHING), after.get(id, _NOTHING)
        found += [Field(id, *each) for each in _differing("", *pair)]
    return found


class _Nothing:
    pass


_NOTHING = _Nothing()


def _steps(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without their ids; of two steps of one id the first counts."""
    found: dict[str, Any] = {}
    for step in document.get("steps") or ():
        if isinstance(step, dict) and isinstance(step.get("id"), str):
            rest = {key: value for key, value in step.items() if key != "id"}
            found.setdefault(step["id"], rest)
    return found


def _differing(path: str, old: Any, new: Any) -> Iterator[tuple[str, str | None, str | None]]:
    if isinstance(old, dict) or isinstance(new, dict):
        pairs = _by_key(old, new)
    elif isinstance(old, list) and isinstance(new, list) and _nested(old, new):
        pairs = _by_place(old, new)
    else:
        before, after = _text(old), _text(new)
        if before != after:
            yield path, before, after
        return
    for key, before, after in pairs:
        yield from _differing(f"{path}.{key}".strip("."), before, after)


def _by_key(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """A value that has become a mapping, or was one, is told under the name of the whole."""
    one, other = (each if isinstance(each, dict) else {} for each in (old, new))
    for whole, mapping in ((old, one), (new, other)):
        if whole is not mapping and not isinstance(whole, _Nothing):
            yield "", *((whole, _NOTHING) if whole is old else (_NOTHING, whole))
    for key in dict.fromkeys((*other, *one)):
        yield str(key), one.get(key, _NOTHING), other.get(key, _NOTHING)


def _nested(old: list[Any], new: list[Any]) -> bool:
    return any(isinstance(each, dict | list) for each in (*old, *new))


def _by_place(old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    for at in range(max(len(old), len(new))):
        yield (
            str(at + 1),
            old[at] if at < len(old) else _NOTHING,
            new[at] if at < len(new) else _NOTHING,
        )


def _text(value: Any) -> str | None:
    if isinstance(value, _Nothing):
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
