"""Time as this process lives it: hardly any passes while the machine stands still or holds it up.

What must be over soon is measured by it, so that only our own waiting counts.
"""

import threading
import time
from typing import Self

TICK = 0.02
LONGEST = 0.25
"""Seconds: more between two ticks is the machine's doing, and counts as this much."""


class Lived:
    """Counts `seconds` from its beginning until its end."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True, name="lived")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _count(self) -> None:
        last = time.monotonic()
        while not self._over.wait(TICK):
            now = time.monotonic()
            self.seconds += min(now - last, LONGEST)
            last = now
