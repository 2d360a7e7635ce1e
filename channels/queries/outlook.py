"""Whom would a message reach, and what keeps it from the others? Asked before it is written."""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings

from channels.core import gate
from channels.queries import accounts, gates
from channels.queries.dossier import Dossier
from channels.queries.halts import Halted


class Post(NamedTuple):
    """A message: its `channels` in their order, its topic ("" for none) and its purpose."""

    channels: tuple[str, ...]
    topic: str
    purpose: str


def outlook(customers: Collection[int], post: Post, *, now: dt.datetime) -> Counter[str]:
    """How many of these customers each reason code keeps it from; "" counts whom it reaches.

    The gates decide, as they will then. What only delays (quiet hours, a paused account, a halt),
    and frequency caps, keep it from nobody here.
    """
    candidates = gates.would_be(customers, **post._asdict())
    ways = None if settings.SOJOURN_SANDBOX else accounts.ways()
    dossier = Dossier(candidates, ways=ways, caps=(), halted=Halted(), now=now)
    verdicts = (gate.judge(dossier.facts(each), now=now) for each in candidates)
    return Counter(each.reason if isinstance(each, gate.Refuse) else "" for each in verdicts)
