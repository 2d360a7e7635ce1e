"""Ends a worker or Beat that lives and does nothing; whoever keeps them alive starts new ones.

A consumer that lost its broker can hang for ever; a stopped process neither works nor dies. Both
show by the heartbeat that Beat sends and a worker answers.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence

from config.child import Child, complain

LOOK_SECONDS = 1.0
Health = Callable[[], tuple[int, str]]
"""Status and body of /readyz."""


class Watchdog:
    """Use as a context. Silence counts only while database and broker answer. Those who were
    started again get twice the time before the next end, until they show life: on a busy machine
    it takes them long to begin.
    """

    def __init__(self, health: Health, parts: Sequence[Child], *, seconds: float) -> None:
        self._health = health
        self._parts = parts
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        if self._seconds > 0:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        silent_since: float | None = None
        patience = self._seconds
        while not self._over.wait(LOOK_SECONDS):
            if not is_silent(*self._health()):
                silent_since, patience = None, self._seconds
            elif silent_since is None:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > patience:
                self._strike(patience)
                silent_since, patience = None, patience * 2

    def _strike(self, seconds: float) -> None:
        names = " and ".join(part.spec.name for part in self._parts)
        complain(f"no sign of life from {names} for {seconds:.0f} s; starting them again")
        for part in self._parts:
            part.kill()


def is_silent(status: int, body: str) -> bool:
    """Whether all is well but the heartbeat."""
    try:
        parts = json.loads(body)["parts"] if status else {}
    except (ValueError, KeyError, TypeError):
        return False
    others = [state for name, state in parts.items() if name != "worker and beat"]
    return bool(others) and set(others) == {"ok"} and parts.get("worker and beat", "ok") != "ok"
