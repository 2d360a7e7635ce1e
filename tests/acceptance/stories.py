"""Stories of one journey on a running Sojourn in the sandbox, told through its public API alone."""

import datetime as dt
from typing import Any

from tests.acceptance.installation import Installation

DAY = dt.timedelta(days=1)


class Story:
    """One journey and its customers, whose names nobody else has; hours count from `begin`."""

    def __init__(self, shop: Installation, name: str) -> None:
        self.shop = shop
        self.name = name
        self.published: list[str] = []
        self.began = self.now()

    # What a shop and its marketers do.

    def journey(self, document: str, *, name: str = "", **terms: Any) -> dict[str, Any]:
        """Save and publish; the document's `journey` is filled in."""
        slug = name or self.name
        answer = self.shop.api.get(f"/journeys/{slug}")
        revision = answer.json()["revision"] if answer.status_code == 200 else None
        text = f"journey: {slug}\n{document}"
        self.ask("PUT", f"/journeys/{slug}", {"document": text, "revision": revision})
        self.published.append(slug)
        found = self.ask("POST", f"/journeys/{slug}/publish", {"confirm": True, **terms})
        self.settle()
        return found

    def segment(self, slug: str, condition: Any) -> None:
        self.ask("PUT", f"/segments/{slug}", {"condition": condition, "revision": None})
        self.settle()

    def meets(self, *names: str, **traits: Any) -> None:
        for name in names:
            told = {"email": f"{self.user(name)}@example.com", **traits}
            self._say("identify", {"userId": self.user(name), "traits": told})
        self.settle()

    def does(self, name: str, event: str, **properties: Any) -> None:
        call = {"userId": self.user(name), "event": event, "properties": properties}
        self._say("track", call)
        self.settle()

    def passes(self, duration: str) -> None:
        self.ask("POST", "/sandbox/clock", {"advance": duration})

    def until(self, hour: int, *, weekday: int | None = None) -> None:
        """Let time pass to the next full hour of this name, in UTC; it is the story's beginning."""
        now = self.now()
        at = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        while at <= now or weekday not in (None, at.weekday()):
            at += DAY
        self.passes(f"{int((at - now).total_seconds()) + 1}s")
        self.began = at

    # What they see.

    def sent(self, *, name: str = "") -> list[tuple[str, str, float]]:
        """Who was sent what, after how many hours, in the order of time."""
        found = self.ask("GET", f"/messages?journey={name or self.name}&limit=1000")["items"]
        messages = [each for each in found if each["status"] == "sent"]
        messages.sort(key=lambda each: (each["sent_at"], each["user_id"]))
        return [
            (self._short(each), each["step"], self._hours(each["sent_at"])) for each in messages
        ]

    def texts(self) -> list[str]:
        found = self.ask("GET", f"/messages?journey={self.name}&limit=1000")["items"]
        return [each["text"].split("\n")[0] for each in reversed(found)]

    def reasons(self, name: str) -> list[str]:
        """The decisions about a customer, as `explain` tells them."""
        path = f"/customers/user_id:{self.user(name)}/explain?journey={self.name}"
        checks = self.ask("GET", path)["checks"]
        return [each["reason"] for each in checks if each["check"] == "decision"]

    def steps(self) -> dict[str, int]:
        return {each["id"]: each["entered"] for each in self.report()["steps"]}

    def report(self) -> dict[str, Any]:
        return self.shop.report(self.name)

    def now(self) -> dt.datetime:
        told = self.ask("POST", "/sandbox/clock", {"advance": "0s"})["now"]
        return dt.datetime.fromisoformat(told)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.shop.api.request(method, path, json=body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json()

    def settle(self) -> None:
        self.ask("POST", "/sandbox/settle")

    def close(self) -> None:
        """Nothing of the story goes on when the next one moves the clock."""
        for slug in set(self.published):
            self.shop.api.post(f"/journeys/{slug}/stop", json={})

    def user(self, name: str) -> str:
        return f"{self.name}-{name}"

    def _say(self, call: str, body: dict[str, Any]) -> None:
        answer = self.shop.web.post(f"/v1/{call}", json=body)
        assert answer.status_code == 200, answer.text

    def _short(self, message: dict[str, Any]) -> str:
        return str(message["user_id"]).removeprefix(f"{self.name}-")

    def _hours(self, at: str) -> float:
        return round((dt.datetime.fromisoformat(at) - self.began).total_seconds() / 3600, 1)
