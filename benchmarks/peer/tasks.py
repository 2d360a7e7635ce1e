"""One task per customer: load by the ORM, decide, save."""

import datetime as dt
import os

import requests

from benchmarks.peer import walk
from benchmarks.peer.app import app
from benchmarks.peer.models import Happening, Letter


@app.task
def advance_one(enrollment_id: int) -> None:
    """wait → branch → split → send queued → wait."""
    walk.advance(enrollment_id)


RULES = [(number, f"c{number}") for number in range(20)]
session = requests.Session()


@app.task
def handle(happening_id: int) -> None:
    """One event through all rules; whoever matches is written to at once."""
    happening = Happening.objects.select_related("person").get(pk=happening_id)
    for rule, category in RULES:
        person = happening.person
        if (
            happening.properties.get("category") == category
            and person.traits.get("points", -1) >= 0
        ):
            _write(Letter.objects.create(person=person, happening=happening, rule=rule))


def _write(letter: Letter) -> None:
    traits, entry = letter.person.traits, letter.happening.properties
    text = f"Hello {traits['firstName']}, still looking for {entry['product_id']}?"
    answer = session.post(
        f"{os.environ['PEER_SENDGRID_URL']}/v3/mail/send",
        headers={"Authorization": "Bearer SG.peer"},
        json={
            "personalizations": [{"to": [{"email": traits["email"]}]}],
            "from": {"email": "shop@example.com", "name": "Shop"},
            "subject": entry["number"],
            "content": [{"type": "text/plain", "value": text}],
        },
        timeout=20,
    )
    letter.status = "sent" if answer.status_code == 202 else "failed"
    letter.provider_id = answer.headers.get("X-Message-Id", "")
    letter.sent_at = dt.datetime.now(dt.UTC)
    letter.save(update_fields=["status", "provider_id", "sent_at"])


@app.task
def alive() -> None:
    """Says that the worker answers."""
    from profiles.operations import valkey

    valkey.client().set("peer:alive", "1")
