"""Conditions answered in SQL: the only evaluator there is.

`answers` for a batch, `weighed` with what each was judged by, `population` and `members` for
everybody, `matches` for events and triggers, `flips` for when to look again, `standings` for both.
Every value and name travels as a parameter; an answer is true or false for every subject.
"""

from profiles.queries.conditions.answers import Answers, Ask, Subject, Weighed, answers, weighed
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.flips import Standing, flips, standings
from profiles.queries.conditions.matches import Pair, matches
from profiles.queries.conditions.population import Page, Query, members, population
from profiles.queries.conditions.reach import known_channels, register_reach

__all__ = [
    "Answers",
    "Ask",
    "Binder",
    "Page",
    "Pair",
    "Query",
    "Standing",
    "Subject",
    "Weighed",
    "answers",
    "flips",
    "known_channels",
    "matches",
    "members",
    "population",
    "register_reach",
    "standings",
    "weighed",
]
