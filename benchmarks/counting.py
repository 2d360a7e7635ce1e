"""Counts statements; COPY goes past it."""

from collections.abc import Callable
from typing import Any


class Counted:
    """For `connection.execute_wrapper`."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        self.number += 1
        return execute(sql, params, many, context)
