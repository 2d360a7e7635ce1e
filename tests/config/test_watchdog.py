"""When silence counts."""

import json

import pytest

from config.watchdog import is_silent


def said(**parts: str) -> str:
    return json.dumps({"parts": {name.replace("_", " "): state for name, state in parts.items()}})


@pytest.mark.parametrize(
    ("status", "body", "silent"),
    [
        (503, said(database="ok", broker="ok", worker_and_beat="no sign of life yet"), True),
        (503, said(database="ok", broker="gone", worker_and_beat="no sign of life yet"), False),
        (503, said(database="gone", broker="ok", worker_and_beat="no sign of life yet"), False),
        (200, said(database="ok", broker="ok", worker_and_beat="ok"), False),
        (0, "", False),
        (500, "<html>", False),
        (200, "[]", False),
        (200, "{}", False),
    ],
)
def test_silence_counts_while_everything_else_answers(status: int, body: str, silent: bool) -> None:
    assert is_silent(status, body) is silent
