"""Why an operation on a journey was refused: one sentence for a person, and problems where there are several."""

from collections.abc import Sequence

from journeys.core.problem import Problem


class Refused(Exception):
    """`code` is for programs: not_found, conflict, invalid, state. The text is for people."""

    def __init__(self, code: str, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.problems = tuple(problems)
