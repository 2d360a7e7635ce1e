"""Clients of the event API: they repeat what was not taken, as clients do, and count answers."""

import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from time import monotonic
from typing import Any, Self

import httpx

from tests.acceptance.installation import WRITE_KEY, Installation
from tests.crash.figures import Figures

GIVE_UP = 120.0


class Poster:
    """Posts until a body is taken. Every status is counted; 503 must say when to come again."""

    def __init__(self, shop: Installation) -> None:
        self.web = httpx.Client(base_url=shop.url, auth=(WRITE_KEY, ""), timeout=30)
        self.answers: Counter[int] = Counter()
        self.silent_about: list[int] = []
        self.slowest = 0.0
        self.pause = threading.Event()

    def post(self, path: str, body: dict[str, Any]) -> None:
        deadline = monotonic() + GIVE_UP
        while not self._taken(path, body):
            assert monotonic() < deadline, f"not taken within {GIVE_UP} s: {self.answers}"
            self.pause.wait(0.1)

    def _taken(self, path: str, body: dict[str, Any]) -> bool:
        born = monotonic()
        try:
            answer = self.web.post(path, json=body)
        except httpx.TransportError:
            self.answers[0] += 1
            return False
        self.slowest = max(self.slowest, monotonic() - born)
        self.answers[answer.status_code] += 1
        if answer.status_code == 503 and not answer.headers.get("Retry-After"):
            self.silent_about.append(answer.status_code)
        return answer.status_code == 200


class Traffic(Poster):
    """Events that nobody waits for, all the time while it is entered, from a thread of its own."""

    def __init__(self, shop: Installation, names: Sequence[str]) -> None:
        super().__init__(shop)
        self.names = names
        self.sent: list[str] = []
        self.failure: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def figures(self) -> Figures:
        """How many were taken, how often the answer was another one, and the slowest answer."""
        away = {status: number for status, number in self.answers.items() if status != 200}
        found: Figures = {"events": len(self.sent), "slowest": round(self.slowest, 2)}
        return found | {
            f"answered {status or 'nothing'}": number for status, number in away.items()
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(GIVE_UP)
        self.web.close()

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(0.05):
            message = str(uuid.uuid4())
            who = self.names[number % len(self.names)]
            number += 1
            try:
                self.post("/v1/track", {"userId": who, "event": "Looked", "messageId": message})
            except Exception as error:
                self.failure = error
                return
            self.sent.append(message)
