"""One campaign from its customers to its last message, and what must be true when it is over."""

import hashlib
import time
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import psycopg

from tests.acceptance.installation import Installation, batches
from tests.config.processes import until
from tests.crash.faults import Fault
from tests.crash.figures import Figures
from tests.crash.provider import Provider
from tests.crash.receipts import EVENTS as REPORTED
from tests.crash.traffic import Poster, Traffic

GLOBAL, HOLDOUT = 5, 10
OPEN = ("queued", "sending", "unknown")
EVERYBODY = slice(None)


class Campaign:
    """`size` customers whom an event lets into a journey of a wait and one message."""

    def __init__(self, shop: Installation, provider: Provider, size: int, slug: str) -> None:
        self.shop = shop
        self.provider = provider
        self.size = size
        self.slug = slug
        self.poster = Poster(shop)
        self.names = [f"{slug}-{number}" for number in range(size)]
        self.before = provider.count()
        self.struck: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.poster.web.close()

    def prepare(self) -> None:
        """The journey is live and its customers are known."""
        kind = self.provider.kind
        self.shop.publish(
            {
                "journey": self.slug,
                "enter": {"on": [{"event": f"Announced {self.slug}"}], "holdout": HOLDOUT},
                "steps": [
                    {"id": "pause", "wait": "1s"},
                    {"id": "message", "send": {"channel": kind.channel, **kind.content}},
                ],
            }
        )
        self._post([
            {"type": "identify", "userId": name, "traits": {**self._address(number),
             "firstName": f"Ann {number}"}}
            for number, name in enumerate(self.names)
        ])  # fmt: skip

    def _address(self, number: int) -> dict[str, str]:
        area = int(hashlib.sha256(self.slug.encode()).hexdigest(), 16) % 80 + 210
        return {"phone": f"+1{area}5{number:06}", "email": f"{self.slug}-{number}@example.com"}

    def launch(self, part: slice = EVERYBODY) -> None:
        """The event that everybody (or a part of them) enters by."""
        event = f"Announced {self.slug}"
        self._post([
            {"type": "track", "userId": name, "event": event, "messageId": f"launch-{name}"}
            for name in self.names[part]
        ])  # fmt: skip

    def _post(self, calls: Sequence[dict[str, Any]]) -> None:
        for body in batches(calls):
            self.poster.post("/v1/batch", body)

    def suffers(self, faults: Sequence[Fault], *, patience: float) -> None:
        """The faults strike one after the other, spread over the campaign's sends.

        When nothing moves for `patience` seconds, since all that is left is leased to the dead, the
        next one comes.
        """
        expected = self.size - len(self._kept_out())
        share = expected // (2 * len(faults) + 1)
        for fault in faults:
            self._advances(share, patience)
            taken = self.provider.count() - self.before
            fault(self.shop)
            self.struck[fault.__name__] += 1
            resumed = self._advances(1, patience) if taken < expected else 0
            print(f"{fault.__name__} after {taken}, resumed in {resumed:.1f} s")
            if taken == expected:
                break

    def _advances(self, by: int, patience: float) -> float:
        """Until the provider has taken so many more, or nothing for so long; how long it took."""
        count = self.provider.count()
        mark, last, born = count + by, count, time.monotonic()
        since = born
        while last < mark and time.monotonic() - since < patience:
            count = self.provider.count()
            if count != last:
                last, since = count, time.monotonic()
            time.sleep(0.05)
        return time.monotonic() - born

    def ends(self, *, seconds: float) -> float:
        """Until every customer has walked through and no message is open; how long it took.

        Open is also what a report has moved while nobody knows of our own call yet.
        """
        born = time.monotonic()
        try:
            until(self._is_over, seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{self.standing()}\n{self.shop.logs()}") from error
        return time.monotonic() - born

    def _is_over(self) -> bool:
        with suppress(psycopg.OperationalError):
            standing = self.standing()
            walked, messages = standing["enrollments"], standing["messages"]
            everybody = walked.get("completed") == messages.total() == self.size
            return everybody and not any(messages[status] for status in OPEN)
        return False

    def standing(self) -> dict[str, Counter[str]]:
        walks = self._counts(
            "SELECT e.status, count(*) FROM journeys_enrollment e JOIN journeys_journey j"
            " ON j.id = e.journey_id WHERE j.slug = %s GROUP BY e.status"
        )
        messages = self._counts(
            "SELECT status, count(*) FROM channels_message WHERE journey = %s GROUP BY status"
        )
        return {"enrollments": walks, "messages": messages}

    def _counts(self, sql: str) -> Counter[str]:
        return Counter(dict(self.shop.rows(sql, self.slug)))

    def check(
        self,
        figures: Figures,
        *,
        beside: Container[str] = (),
        ends: Mapping[str, str] | None = None,
    ) -> None:
        """Everything that must be true of a campaign that is over, by the provider's own log.

        `beside` are addresses that something else writes to; `ends` the statuses by our ids that
        reports have led to, `sent` without any. What is counted goes into `figures` before
        anything is judged.
        """
        kept = self._kept_out()
        people = self._people()
        expected = {address for number, address in people.items() if number not in kept}
        taken = [each for each in self.provider.taken()[self.before :] if each["to"] not in beside]
        reached = Counter(each["to"] for each in taken)
        figures |= {"customers": self.size, "kept out": len(kept), "taken": len(taken)}
        figures |= {"twice": len(taken) - len(reached), "lost": len(expected - reached.keys())}
        figures |= self._asked()
        assert max(reached.values()) == 1
        assert set(reached) == expected
        self._check_messages(taken, kept, ends or {})
        self._check_log(tuple(REPORTED) if ends else ())
        failed = Counter((ends or {}).values())["failed"]
        self._check_report(len(expected), len(kept), failed)

    def _people(self) -> dict[int, str]:
        """The address of each customer of the campaign."""
        trait = self.provider.kind.trait
        return dict(
            self.shop.rows(
                f"SELECT c.id, c.{trait} FROM profiles_customer c"
                " JOIN profiles_identifier i ON i.customer_id = c.id"
                " WHERE i.kind = 'user_id' AND i.value = ANY(%s)",
                self.names,
            )
        )

    def _kept_out(self) -> set[int]:
        """Who is in a control group, by the published formula of the draws."""
        return {
            customer
            for customer in self._people()
            if bucket("global-control", customer) < GLOBAL * 100
            or bucket(f"{self.slug}:holdout", customer) < HOLDOUT * 100
        }

    def _check_messages(
        self, taken: Sequence[dict[str, Any]], kept: set[int], ends: Mapping[str, str]
    ) -> None:
        """One message for each customer, in its last state, known to the provider by our id."""
        rows = self.shop.rows(
            "SELECT customer_id, uid::text, status, provider_id, lease_until, sent_at IS NOT NULL"
            " FROM channels_message WHERE journey = %s",
            self.slug,
        )
        assert len({row[0] for row in rows}) == len(rows) == self.size
        assert {row[0] for row in rows if row[2] == "withheld"} == kept
        sent = [row for row in rows if row[0] not in kept]
        assert {(row[4], row[5]) for row in sent} == {(None, True)}
        assert {row[1]: row[2] for row in sent} == {
            row[1]: ends.get(row[1], "sent") for row in sent
        }
        assert {(row[1], row[3]) for row in sent} == {(each["uid"], each["id"]) for each in taken}

    def _check_log(self, reported: Sequence[str]) -> None:
        """Nothing was decided, entered, told or attempted twice; nothing was set aside. What
        providers have `reported` may be told more than once.
        """
        twice = (
            "SELECT enrollment_id, step, visit, code FROM journeys_decision d"
            " JOIN journeys_journey j ON j.id = d.journey_id WHERE j.slug = %s"
            " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
            "SELECT message_id FROM channels_attempt a JOIN channels_message m ON m.id = message_id"
            " WHERE m.journey = %s AND a.outcome = 'accepted' GROUP BY 1 HAVING count(*) > 1",
            "SELECT customer_id, name FROM profiles_event WHERE source = 'system'"
            " AND properties->>'journey' = %s GROUP BY 1, 2 HAVING count(*) > 1",
        )
        found = [row for sql in twice for row in self.shop.rows(sql, self.slug)]
        assert [row for row in found if row[-1] not in reported] == []
        assert self.shop.number("SELECT count(*) FROM journeys_setaside") == 0

    def _check_report(self, sent: int, withheld: int, failed: int) -> None:
        report = self.shop.report(self.slug)
        (message,) = [step for step in report["steps"] if step["id"] == "message"]
        assert (message["entered"], message["waiting"]) == (self.size, 0)
        assert (message["sent"], message["withheld"]) == (sent, withheld)
        assert (message["failed"], message["skipped"]) == (failed, {})
        assert report["totals"]["entered"] == report["totals"]["completed"] == self.size

    def _asked(self) -> Figures:
        """How often the provider had to be asked what became of a message, and what it knew."""
        ((found, absent),) = self.shop.rows(
            "SELECT count(*) FILTER (WHERE a.outcome = 'accepted' AND a.http_status IS NULL),"
            " count(*) FILTER (WHERE a.detail LIKE 'absent%%')"
            " FROM channels_attempt a JOIN channels_message m ON m.id = a.message_id"
            " WHERE m.journey = %s",
            self.slug,
        )
        return {"found": found, "absent": absent}


def check_traffic(
    shop: Installation, traffic: Traffic, figures: Figures, *, web_dies: bool = False
) -> None:
    """Whatever was answered 200 is in the log, once; whatever was not was answered 503, or (0)
    nothing where the web server itself dies.
    """
    figures |= traffic.figures()
    assert traffic.failure is None
    assert set(traffic.answers) <= ({0, 200, 503} if web_dies else {200, 503}), traffic.answers
    assert traffic.silent_about == []
    logged = shop.rows(
        "SELECT message_id FROM profiles_event WHERE message_id = ANY(%s)", traffic.sent
    )
    assert sorted(message for (message,) in logged) == sorted(traffic.sent)


def bucket(salt: str, customer: int) -> int:
    digest = hashlib.sha256(f"{salt}:{customer}".encode()).hexdigest()
    return int(digest[:15], 16) % 10_000
