"""What distinguishes two documents of one journey, step by step; order and comments do not count.

Steps are the same when their ids are: a step under another id is one removed and one added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from journeys.core.document import Document
from journeys.core.links import positions, resolve
from journeys.core.steps import Step
from journeys.core.walk import END


class Difference(msgspec.Struct, frozen=True):
    """Ids of steps: `added`, `changed` and `same` in the order of the new document, `removed` in
    that of the old one. `rerouted` are those of `same` that lead elsewhere, because another step
    follows them now. `keys` are the other top-level keys that differ, such as `enter`.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    rerouted: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed or self.rerouted or self.keys)


def difference(old: Document | None, new: Document) -> Difference:
    """From `old`, None for no document at all, to `new`."""
    before, after = _steps(old), _steps(new)
    kept = [id for id in after if id in before]
    same = tuple(id for id in kept if before[id].reads_like(after[id]))
    return Difference(
        added=tuple(id for id in after if id not in before),
        changed=tuple(id for id in kept if id not in same),
        removed=tuple(id for id in before if id not in after),
        same=same,
        rerouted=tuple(id for id in same if before[id].leads != after[id].leads),
        keys=_keys(old.raw if old else {}, new.raw),
    )


class _Written(msgspec.Struct, frozen=True):
    """A step as it was read and as it was written, with the ids of the steps that it leads to."""

    step: Step
    text: str
    leads: tuple[str | None, ...]

    def reads_like(self, other: _Written) -> bool:
        """By the text, for 1 and true are equal to Python; by the step, for variants have an order
        that decides who gets which.
        """
        return self.text == other.text and self.step == other.step


def _steps(document: Document | None) -> dict[str, _Written]:
    if document is None:
        return {}
    places = positions(document)
    raw = [each for each in document.raw.get("steps") or () if isinstance(each, dict)]
    return {
        step.id: _Written(step, _canonical(text), _leads(document, index, places))
        for index, (step, text) in enumerate(zip(document.steps, raw, strict=True))
        if step.id and places[step.id] == index
    }


def _leads(document: Document, index: int, places: Mapping[str, int]) -> tuple[str | None, ...]:
    """Where each way out ends: a step's id, "" for the end, None for nowhere."""
    last = len(document.steps) - 1
    ways = (resolve(exit.to, index, places, last) for exit in document.steps[index].exits())
    return tuple(
        None if way is None else "" if way == END else document.steps[way].id for way in ways
    )


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        key
        for key in dict.fromkeys((*new, *old))
        if key != "steps" and _value(old, key) != _value(new, key)
    )


def _value(raw: Mapping[str, Any], key: str) -> str:
    """Absent and empty read alike."""
    value = raw.get(key)
    return "null" if value in ("", {}, []) else _canonical(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
