"""Conditions answered in SQL: the only evaluator there is.

`answers` for a batch, `population` and `members` for everybody, `matches` for events and triggers,
`flips` for when to look again.
Every value and name travels as a parameter; an answer is true or false for every subject.
"""

from profiles.queries.conditions.answers import Answers, Ask, Subject, answers
from profiles.queries.conditions.binding import Binder
from profiles.queries.conditions.flips import flips, flips_each
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
    "Subject",
    "answers",
    "flips",
    "flips_each",
    "known_channels",
    "matches",
    "members",
    "population",
    "register_reach",
]
