"""Why an operation on a journey was refused: an API refusal with the HTTP status of its code."""

from collections.abc import Mapping, Sequence
from typing import Any

from journeys.core.problem import Problem
from profiles.core import answers
from profiles.core.problems import Problem as Told

STATUS = {
    "not_found": 404, "conflict": 409, "invalid": 422, "state": 409, "unconfirmed": 409,
    "undeliverable": 409, "four_eyes": 409, "forbidden": 403,
}  # fmt: skip


class Refused(answers.Refused):
    """`code` is one of STATUS; the text is one sentence with the remedy."""

    def __init__(
        self,
        code: str,
        message: str,
        problems: Sequence[Problem] = (),
        *,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        told = [Told(each.path, each.code, each.message) for each in problems]
        super().__init__(code, message, status=STATUS[code], problems=told, facts=facts)
