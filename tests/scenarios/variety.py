"""A base of many kinds of customers, and journeys with every kind of trigger, wait and rule."""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from config.demo.journeys import FOLDER
from config.journey_files import journey_files
from profiles.core.events import Incoming
from profiles.operations import segments
from profiles.operations.ingest import ingest
from tests.world import World

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Africa/Casablanca", "")
"""Some of them change their clocks in March, on three different days."""
PAST = ("Product Viewed", "Cart Updated", "Order Completed", "Order Completed", "Order Completed")
TODAY = (
    "Signed Up", "Signed Up", "Product Viewed", "Product Added", "Cart Updated", "Order Completed",
    "Order Refunded", "Back In Stock",
)  # fmt: skip

CLOCKS = """
journey: clocks
enter: {on: [{event: Signed Up}], again: always, holdout: 20}
leave: {if: {attribute: tired, eq: true}}
goal: {event: message.sent, where: {journey: {eq: lottery}}, within: 20d}
steps:
  - {id: pause, wait: 90m}
  - {id: morning, wait: {until: "09:00", on: [mon, tue, wed, thu, fri]}}
  - {id: night, wait: {window: "22:00-06:00"}}
  - {id: ask, enroll: asked}
  - id: first
    send: {channel: email, topic: news, subject: "Hi {{ customer.firstName }}", text: t}
  - {id: show, wait: {date: entry.starts_at, offset: -2h}}
  - {id: soon, send: {channel: [push, sms], title: Soon, body: b, text: "{{ entry.starts_at }}"}}
  - {id: equinox, wait: {date: "2026-03-20", at: "10:00"}}
  - {id: renewal, wait: {date: renews_at, offset: -5d, at: "10:00", if_past: skip}}
  - id: renew
    send: {channel: email, subject: Renew, html: "<a href='https://shop.example.com/r'>now</a>"}
  - {id: last, wait: {date: renews_at, if_past: leave}}
  - {id: over, update: {unset: [renews_at], unsubscribe: {channel: email, topic: news}}}
"""
LOTTERY = """
journey: lottery
enter:
  on: [{cron: "30 9 * * tue,fri"}, {schedule: "2026-03-08T02:30", local: true}]
  if: {all: [{random: 70, salt: luck}, {reachable: email}]}
  again: {after: 2d}
steps:
  - id: arms
    split:
      - {arm: plain, share: 40, then: mail}
      - {arm: none, share: 20, ghost: true, then: mail}
      - {arm: late, share: 40, then: later}
  - {id: later, wait: 30h}
  - {id: score, call: {url: "https://api.example.com/{{ customer.user_id }}", save: score}}
  - {id: never, call: {url: "https://api.example.com/{{ 1 // 0 }}"}}
  - id: mail
    send:
      channel: email
      variants: {A: {subject: Luck}, B: {subject: "Luck, {{ customer.nickname }}"}}
      text: t
      on_skip: leave
  - {id: mark, update: {set: {nickname: "{{ customer.firstName|lower }} {{ journey.title }}"}}}
  - id: enough
    branch:
      - if: {event: message.sent, count: {gte: 4}, where: {journey: {eq: lottery}}}
        then: tire
      - {if: {event: message.sent, within: 3d, where: {journey: {eq: clocks}}}, then: end}
    else: round
  - {id: round, wait: 3d, then: mail}
  - {id: tire, update: {set: {tired: true}}}
"""
ASKED = """
journey: asked
enter: {on: [{api: true}, {event: Cart Updated}, {event: Back In Stock}], again: always}
leave: {on: [{event: journey.left, where: {journey: {eq: welcome}, completed: {eq: true}}}]}
steps:
  - id: before
    wait_for:
      any: [{event: journey.entered, where: {journey: {eq: lottery}}, then: thanks}]
      since: entry
      timeout: 0s
  - id: luck
    wait_for:
      any:
        - {event: message.sent, where: {journey: {eq: lottery}}, then: thanks}
        - {if: {attribute: nickname, exists: true}, then: named}
      timeout: 4d
      then: quiet
  - {id: thanks, send: {channel: sms, text: Thanks, expires: 1h}, then: again}
  - {id: named, send: {channel: [push, email], title: You, body: b, subject: You, text: t}}
  - id: again
    wait_for: {any: [{event: journey.entered, where: {journey: {eq: lottery}}, then: ever}],
               since: entry, timeout: 5d}
  - id: ever
    wait_for: {any: [{event: journey.left, where: {journey: {eq: lottery}}}], timeout: never}
  - {id: quiet, leave: no luck}
"""
DATES = """
journey: dates
enter:
  on: [{date: renews_at, offset: -3d, at: "02:30"}, {date: born, at: "09:00", yearly: true}]
  again: always
steps:
  - {id: mail, send: {channel: email, subject: "{{ entry.attribute }}", text: "{{ entry.date }}"}}
  - {id: evening, wait: {window: "18:00-21:00"}}
  - {id: text, send: {channel: sms, text: t}}
"""
STAGES = """
journey: stages
enter:
  on: [{stage: reactivation}, {lifecycle: cooling}, {event: lifecycle.changed}]
  again: {after: 4d}
leave: {on: [{event: lifecycle.changed, where: {stage: {eq: reactivation}}}]}
goal: {event: journey.left, within: 30d}
steps:
  - {id: morning, wait: {until: "07:15"}}
  - {id: where, branch: [{if: {stage: acquisition}, then: end}], else: bought}
  - {id: bought, branch: [{if: {event: Order Completed, within: 60d}, then: buyer}], else: other}
  - {id: other, send: {channel: email, subject: Other, text: t}, then: end}
  - {id: buyer, send: {channel: email, subject: Buyer, text: t}}
"""
SEGMENTS: dict[str, Any] = {
    "fresh": {"event": "Order Completed", "within": "20d"},
    "renewing": {"attribute": "renews_at", "within_next": "6d"},
    "quiet": {"all": [{"not": {"segment": "fresh"}}, {"event": "message.sent", "within": "9d"}]},
}
MEMBERS = """
journey: members
enter:
  on: [{segment: fresh, change: left, existing: false}, {segment: renewing, existing: true},
       {segment: quiet}]
  again: always
steps:
  - {id: morning, wait: {until: "08:00"}}
  - {id: where, branch: [{if: {segment: fresh}, then: end}]}
  - {id: mail, send: {channel: email, subject: "{{ entry.segment }}", text: t}}
"""
OWN = (CLOCKS, LOTTERY, ASKED, DATES, STAGES, MEMBERS)


def populate(world: World, size: int) -> None:
    """All starters and OWN are live; `size` customers have a past, and do something now."""
    for slug, condition in SEGMENTS.items():
        segments.save(slug, title="", condition=condition, revision=None, now=world.now)
    for document in (*(file.text for file in journey_files([str(FOLDER)])), *OWN):
        world.journey(document)
    chance = random.Random(4)
    for number in range(size):
        calls = [_known(world.now, number, chance), *_past(world.now, chance)]
        for call in (*calls, *_today(world.now, chance)):
            call.user_id = f"c{number}"
            ingest([call], source="test", now=world.now)
    world.settle()


def _known(now: dt.datetime, number: int, chance: random.Random) -> Incoming:
    """Who it is: without an address, a phone, a name or a zone now and then."""
    born = now.date() - chance.randrange(7000, 9000) * DAY
    traits: dict[str, Any] = {
        "firstName": f"Ann {number}",
        "email": f"ann.{number}@example.com",
        "phone": f"+120255501{number:02}",
        "timezone": chance.choice(ZONES),
        "born": (born if number % 3 else born.replace(month=3)).isoformat(),
        "birthday": f"1990-03-{chance.randrange(1, 32):02}",
        "trial_ends": (now + chance.randrange(40) * DAY).date().isoformat(),
        "renews_at": (now + chance.randrange(-5, 40) * DAY).date().isoformat(),
        "digest": number % 4 == 0,
    }
    missing = chance.sample([*traits], chance.randrange(4))
    kept = {name: value for name, value in traits.items() if name not in missing}
    return Incoming(call="identify", name="identify", at=now, properties=kept)


def _past(now: dt.datetime, chance: random.Random) -> Iterator[Incoming]:
    """What was done and bought in the last year."""
    for number in range(chance.choice((0, 0, 1, 2, 3, 5, 8))):
        at = now - chance.randrange(24, 200 * 24, 6) * HOUR
        yield _done(at, chance.choice(PAST), f"past-{number}", chance)


def _today(now: dt.datetime, chance: random.Random) -> Iterator[Incoming]:
    for number, name in enumerate(chance.sample(TODAY, chance.randrange(4))):
        yield _done(now, name, f"today-{number}", chance)


def _done(at: dt.datetime, name: str, number: str, chance: random.Random) -> Incoming:
    starts = at + chance.randrange(-24, 20 * 24, 6) * HOUR
    properties = {
        "order_id": number, "cart_id": number, "product_id": number, "cds": 1,
        "revenue": chance.randrange(5, 120), "value": chance.randrange(5, 120),
        "starts_at": starts.isoformat(),
    }  # fmt: skip
    return Incoming(call="track", name=name, at=at, properties=properties)
