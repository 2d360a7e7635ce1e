"""A suppression that races a hand-over: it wins, or the attempt had begun before it."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic
from typing import Any

import pytest

from channels.models import Message
from channels.operations import outcomes
from channels.operations.dispatch import dispatch
from channels.operations.suppression import Word, suppress
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.sendgrid import SendGrid
from tests.threads import in_a_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]
RACES = 1000


def test_a_thousand_races_and_nobody_is_written_to_after_saying_no(
    sendgrid: SendGrid, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SOJOURN_SEND_THREADS = 4
    letters.enqueue(letters.customers(RACES))
    addresses = [f"c{number}@example.com" for number in range(1, RACES + 1)]
    random.Random(7).shuffle(addresses)
    refused: dict[str, float] = {}
    begun: dict[str, float] = {}
    together = Barrier(2)

    def refuse(address: str) -> None:
        suppress([Word("email", address, "unsubscribed", "customer", NOW)])
        refused[address] = monotonic()

    def everybody_says_no() -> None:
        together.wait(timeout=30)
        for address in addresses[1:]:
            refuse(address)

    opened = outcomes.open_attempts

    def watched(ready: Any, **given: Any) -> Any:
        at = monotonic()
        found = opened(ready, **given)
        begun.update({row.address: at for row in ready if row.id in found})
        return found

    monkeypatch.setattr(outcomes, "open_attempts", watched)
    refuse(addresses[0])
    with ThreadPoolExecutor(1) as pool:
        saying = pool.submit(in_a_thread, everybody_says_no)
        together.wait(timeout=30)
        while dispatch(now=NOW).claimed:
            pass
        saying.result()
    assert len(refused) == RACES
    accepted = {item["to"] for item in sendgrid.accepted}
    assert len(sendgrid.accepted) == len(accepted)
    assert addresses[0] not in accepted
    late = {address for address in accepted if refused[address] < begun[address]}
    assert late == set()
    stands = letters.statuses()
    assert stands.get("sent", 0) == len(accepted)
    assert stands.get("skipped:suppressed", 0) == RACES - len(accepted)
    assert Message.objects.count() == RACES
