"""What can be wrong with a journey document: one table of codes, one shape of a finding.

An error keeps a journey from being published, a warning does not. A path names the place as a
reader sees it: `steps[pause].wait`, or `steps[3]` (counted from 0) for a step without an id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]

CODES: dict[str, Severity] = {
    # the text itself
    "syntax": "error",
    "duplicate_key": "error",
    "not_plain": "error",
    "too_large": "error",
    # the shape of one field
    "unknown_key": "error",
    "wrong_type": "error",
    "invalid": "error",
    "ambiguous": "error",
    "missing": "error",
    # the journey as a whole
    "no_trigger": "error",
    "no_steps": "error",
    "too_many_steps": "error",
    "duplicate_id": "error",
    "reserved_id": "error",
    "duplicate_arm": "error",
    "unknown_step": "error",
    "unreachable": "error",
    "endless_loop": "error",
    "shares": "error",
    "no_timeout": "error",
    # what it refers to
    "condition": "error",
    "template": "error",
    "unknown_journey": "warning",
    "unknown_template": "error",
    "unknown_channel": "error",
    "unknown_segment": "error",
    "unknown_stage": "error",
    "unknown_attribute": "error",
    "unknown_context": "error",
    # what customers would get
    "render_error": "error",
    "broken_link": "error",
    "broken_image": "error",
    "offer_over": "error",
    # worth a second look
    "leads_nowhere": "warning",
    "empty_audience": "warning",
    "unreachable_audience": "warning",
    "missing_consent": "warning",
    "offer_ends_first": "warning",
    "no_goal": "warning",
    "no_holdout": "warning",
    "holdout_ignored": "warning",
    "after_leave": "warning",
    "never_ends": "warning",
    "self_trigger": "warning",
}


DELIVERY = frozenset({
    "render_error", "leads_nowhere", "broken_link", "broken_image", "empty_audience",
    "unreachable_audience", "missing_consent", "offer_over", "offer_ends_first",
})  # fmt: skip
"""The codes of what only customers, sites and the clock can tell, when a journey is published."""


class Problem(msgspec.Struct, frozen=True):
    """One finding. `message` is one English sentence with the remedy; `line` counts from 1."""

    path: str
    code: str
    message: str
    severity: Severity = "error"
    line: int | None = None


class DocumentError(ValueError):
    """The document cannot be read or compiled; `problems` says why, at least one of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        where = first.path or (f"line {first.line}" if first.line else "document")
        more = len(self.problems) - 1
        super().__init__(f"{where}: {first.message}" + (f" (and {more} more)" if more else ""))


def problem(path: str, code: str, message: str, *, line: int | None = None) -> Problem:
    """A finding whose severity comes from the table."""
    return Problem(path, code, message, CODES[code], line)
