"""Processes that do the measured work: nothing they remember outlives a run, and each has a
processor account of its own.

A task is a generator `module:function`: up to its first `yield` it prepares, then it waits for the
signal, works, and yields its result (JSON values). Run as `python -m benchmarks.hands TASK JSON`.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Self

from config import garbage
from config.embedded import REPOSITORY

PATIENCE_SECONDS = 600


class Hand:
    """One process with one task. Use as a context: it is gone at the end."""

    def __init__(self, task: str, /, **arguments: Any) -> None:
        command = [sys.executable, "-m", "benchmarks.hands", task, json.dumps(arguments)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def wait_ready(self) -> None:
        self._read()

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> Any:
        """What the task yielded. The process stays until its figures have been read."""
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"A benchmark process ended early: {self._process.args}")
        return json.loads(line)


def together(hands: Sequence[Hand]) -> list[Any]:
    """Let ready hands work at the same time; their results in order."""
    for hand in hands:
        hand.begin()
    return [hand.result() for hand in hands]


def main(task: str, arguments: str) -> None:
    import django

    django.setup()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    module, _, name = task.partition(":")
    steps = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    garbage.calm()  # as in the workers
    for _ in range(2):
        print(json.dumps(next(steps)), file=out, flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
