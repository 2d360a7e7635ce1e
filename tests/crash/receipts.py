"""What a provider reports of what it took: shuffled, five times each, at once; and what is true.

The truth is reckoned from the provider's log alone, by the meaning of its words, not by our code.
"""

import hashlib
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self

import httpx

from tests.acceptance.installation import Installation
from tests.acceptance.providers import SID, TOKEN
from tests.crash.figures import Figures
from tests.crash.provider import SENDGRID, Kind, Provider
from tests.emulators.sendgrid import SendGrid
from tests.emulators.twilio import Twilio

COPIES = 5
POSTED = 200
"""Receipts in a callback of SendGrid's."""
MAIL = (
    ("processed",),
    ("processed", "delivered"),
    ("processed", "deferred", "delivered", "open"),
    ("processed", "delivered", "open", "open", "click"),
    ("processed", "deferred", "bounce"),
    ("dropped",),
)
SMS = (("queued", "sent"), ("sent", "delivered"), ("queued", "undelivered"), ("sent", "failed"))
ENDS = {
    "sent": ("processed", "deferred", "queued", "sent"),
    "failed": ("dropped", "failed"),
    "delivered": ("delivered", "open", "click"),
    "bounced": ("bounce", "undelivered"),
}
"""The last of these of which anything was reported is where a message ends."""
IMPLIED = {
    "delivered": {"delivered", "open", "click"},
    "opened": {"open", "click"},
    "clicked": {"click"},
}
EVENTS = {
    "message.delivered": {"delivered"},
    "message.opened": {"open"},
    "message.clicked": {"click"},
    "message.bounced": {"bounce", "undelivered"},
    "message.failed": {"dropped", "failed"},
}


class Truth(NamedTuple):
    """One message: its last status, when each fact was first, how often each event is told."""

    status: str
    first: dict[str, int]
    told: Counter[str]


class Reports:
    """Reports what the provider takes, from a thread of its own, until all of it is reported."""

    def __init__(self, kind: Kind, *, signer: SendGrid | None = None, seed: int = 1) -> None:
        self.kind = kind
        self.mail = signer or SendGrid()
        self.sms = Twilio(account_sid=SID, auth_token=TOKEN)
        self.random = random.Random(seed)
        self.waiting: list[tuple[dict[str, Any], str, dict[str, Any]]] = []
        self.reported: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answers: Counter[int] = Counter()
        self.seen = 0
        self.early = 0
        self.failure: Exception | None = None
        self._last = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def variables(self) -> dict[str, str]:
        """The key by which SendGrid signs is ours; Twilio's token is the emulator's."""
        key = self.mail.public_key
        return {"SENDGRID_WEBHOOK_PUBLIC_KEY": key} if self.kind is SENDGRID else {}

    def of(self, shop: Installation, provider: Provider, *, after: int = 0) -> Self:
        """To be entered: what this provider takes of this installation is reported, but for its
        first messages.
        """
        self.shop, self.provider, self.seen = shop, provider, after
        return self

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._last.set()
        self._thread.join(300)
        assert not self._thread.is_alive()

    def figures(self) -> Figures:
        posted = sum(len(each) for each in self.reported.values())
        return {"reports": posted, "copies of each": COPIES, "before our commit": self.early} | {
            f"answered {status or 'nothing'}": number
            for status, number in self.answers.items()
            if status != 200
        }

    def _run(self) -> None:
        try:
            with httpx.Client(timeout=30) as web:
                over = False
                while not over or self.waiting:
                    over = self._last.is_set()
                    self._take_notice()
                    self._report(web, all_of_it=over)
                    time.sleep(0.05)
        except Exception as error:
            self.failure = error

    def _take_notice(self) -> None:
        """Everything that will be reported of messages that were taken since: in no order."""
        taken = self.provider.taken()
        for message in taken[self.seen :]:
            for event in self._life(message):
                self.reported[message["uid"]].append(event)
                self.waiting += [(message, event["event"], event)] * COPIES
        self.seen = len(taken)
        self.random.shuffle(self.waiting)

    def _life(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What becomes of a message, drawn from its id. One in three does not name our id."""
        drawn = int(hashlib.sha256(message["uid"].encode()).hexdigest(), 16)
        if self.kind is not SENDGRID:
            yield from ({"event": word} for word in SMS[drawn % len(SMS)])
            return
        for number, word in enumerate(MAIL[drawn % len(MAIL)]):
            event = self.mail.event(word, message, timestamp=int(message["at"]) + number)
            if drawn % 3 == 0:
                del event["message_id"]
            yield event

    def _report(self, web: httpx.Client, *, all_of_it: bool) -> None:
        """Half of what waits goes out, so that copies of one report come seconds apart."""
        going = self.waiting if all_of_it else self.waiting[::2]
        self.waiting = [] if all_of_it else self.waiting[1::2]
        self.early += self._before_commit(going[:POSTED])
        if self.kind is SENDGRID:
            for start in range(0, len(going), POSTED):
                events = [event for _, _, event in going[start : start + POSTED]]
                url = f"{self.shop.url}/callbacks/sendgrid/sendgrid"
                self._post(web, url, *self.mail.signed(events))
            return
        for message, status, _ in going:
            fields = self.sms.status(message, status)
            self._post(web, message["callback"], *self.sms.signed(message["callback"], fields))

    def _before_commit(self, going: Sequence[tuple[dict[str, Any], str, Any]]) -> int:
        """How many of the messages that are about to be reported are not yet sent to us."""
        uids = {message["uid"] for message, _, _ in going}
        sql = (
            "SELECT count(*) FROM channels_message WHERE uid = ANY(%s::uuid[]) AND sent_at IS NULL"
        )
        with suppress(Exception):
            return int(self.shop.number(sql, list(uids)))
        return 0

    def _post(self, web: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> None:
        """As a provider does: again, until it is taken."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                status = web.post(url, content=body, headers=headers).status_code
            except httpx.TransportError:
                status = 0
            self.answers[status] += 1
            if status == 200:
                return
            time.sleep(0.1)
        raise AssertionError(f"a callback was not taken: {self.answers}")

    def truth(self) -> dict[str, Truth]:
        """What became of each message, by our id."""
        return {uid: _truth(events) for uid, events in self.reported.items()}


def _truth(events: Sequence[dict[str, Any]]) -> Truth:
    words = {event["event"] for event in events}
    status = [end for end, proofs in ENDS.items() if words & set(proofs)][-1]
    first: dict[str, int] = {}
    for fact, proofs in IMPLIED.items():
        known = [each for each in events if each["event"] in proofs and "timestamp" in each]
        if known:
            first[fact] = min(each["timestamp"] for each in known)
    told = Counter(
        name for event in events for name, own in EVENTS.items() if event["event"] in own
    )
    return Truth(status, first, told)


def check_receipts(shop: Installation, journey: str, truth: dict[str, Truth]) -> None:
    """Statuses, instants, the log and the report say what the truth says."""
    rows = shop.rows(
        "SELECT uid::text, status, extract(epoch FROM delivered_at)::float,"
        " extract(epoch FROM opened_at)::float, extract(epoch FROM clicked_at)::float"
        " FROM channels_message WHERE journey = %s AND status <> 'withheld'",
        journey,
    )
    assert {row[0]: row[1] for row in rows} == {uid: each.status for uid, each in truth.items()}
    timed = any(each.first for each in truth.values())
    facts = ("delivered", "opened", "clicked")
    for uid, _, *instants in rows if timed else ():
        known = {fact: at for fact, at in zip(facts, instants, strict=True) if at is not None}
        assert known == truth[uid].first, uid
    told = shop.rows(
        "SELECT properties->>'message', name, count(*) FROM profiles_event"
        " WHERE name = ANY(%s) AND properties->>'journey' = %s GROUP BY 1, 2",
        list(EVENTS),
        journey,
    )
    expected = {(uid, name): n for uid, each in truth.items() for name, n in each.told.items()}
    assert {(uid, name): number for uid, name, number in told} == expected
    check_report(shop, journey, truth)


def check_report(shop: Installation, journey: str, truth: dict[str, Truth]) -> None:
    (step,) = [each for each in shop.report(journey)["steps"] if each["id"] == "message"]
    counted = {"failed": sum(each.status == "failed" for each in truth.values())}
    if any(each.first for each in truth.values()):
        for fact in ("delivered", "opened", "clicked"):
            counted[fact] = sum(fact in each.first for each in truth.values())
    assert {name: step[name] for name in counted} == counted
