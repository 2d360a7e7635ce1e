"""A journey in the reader's language: what lets customers in, their waits, the ways they go."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time, timedelta
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from journeys.core.cron import Cron, Schedule
from journeys.core.steps.base import Exit
from journeys.core.triggers import Trigger
from journeys.core.waiting import BestTime, Dated, InWindow, Until
from journeys.core.wallclock import EVERY_DAY
from profiles.admin.base import SEGMENT_WORDS, STAGES, word
from profiles.core import durations
from profiles.core.conditions.explain import explain
from profiles.core.conditions.parse import parse as parse_condition
from profiles.core.conditions.reader import ConditionError

MOST_TIMES = 3
"""Of a schedule with more times a day, the fields are shown as they are written."""
UNSAID = "…"
NONE = timedelta()


def language() -> str:
    return get_language() or "en"


def entrance(trigger: Trigger) -> str:
    """What lets a customer in; "" where a draft does not say."""
    if not trigger.words():
        return ""
    return TRIGGERS[trigger.kind](trigger)


def waiting(form: Any) -> str:
    """The title of a wait: a duration, or one of the forms of `journeys.core.waiting`."""
    if isinstance(form, timedelta):
        return _("Wait %s") % durations.words(form, language())
    make = FORMS.get(type(form))
    return make(form) if make else ""


def way(exit: Exit) -> str:
    """When a way is taken."""
    if exit.after is not None:
        return _("after %s") % durations.words(exit.after, language())
    if exit.condition is not None:
        return condition(exit.condition)
    labels = {
        "else": _("else"),
        "time-out": _("time-out"),
        "failed": _("failed"),
        "date has passed": _("date has passed"),
    }
    return labels.get(exit.label, exit.label)


def condition(written: Any) -> str:
    """A condition as written; "…" while it cannot be read."""
    try:
        return explain(parse_condition(written, context_allowed=True), language())
    except ConditionError:
        return UNSAID


def _dated(date: str, offset: timedelta, at: time | None) -> str:
    said = {"time": durations.words(abs(offset), language()), "date": date}
    if offset:
        side = _("%(time)s before %(date)s") if offset < NONE else _("%(time)s after %(date)s")
        date = side % said
    return _("%(date)s at %(time)s") % {"date": date, "time": f"{at:%H:%M}"} if at else date


def _date(trigger: Any) -> str:
    said = _dated(trigger.date, trigger.offset, trigger.at)
    return _("%s, every year") % said if trigger.yearly else said


def _segment(trigger: Any) -> str:
    said = _("out of %s (segment)") if trigger.change == "left" else _("into %s (segment)")
    return said % (trigger.segment or UNSAID)


def _slots(trigger: Any) -> str:
    schedule: Schedule = trigger.schedule
    if not isinstance(schedule, Cron):
        return schedule.text.replace("T", " ")
    days = _days(schedule)
    if not days or len(schedule.times) > MOST_TIMES:
        return schedule.text
    times = ", ".join(f"{each:%H:%M}" for each in schedule.times)
    return _("%(date)s at %(time)s") % {"date": days, "time": times}


def _days(schedule: Cron) -> str:
    """The days of a schedule; "" when that is said best as it is written."""
    weekly, monthly = len(schedule.weekdays) < 7, len(schedule.days) < 31
    if len(schedule.months) < 12 or (weekly and monthly):
        return ""
    if monthly:
        return _("on day %s of the month") % ", ".join(map(str, sorted(schedule.days)))
    return _weekdays({(day - 1) % 7 for day in schedule.weekdays}) if weekly else _("every day")


def _weekdays(days: Iterable[int]) -> str:
    """Monday is 0."""
    return ", ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(days))


def _on(days: frozenset[int]) -> str:
    return "" if days == EVERY_DAY else f" ({_weekdays(days)})"


TRIGGERS: Mapping[str, Callable[[Any], str]] = {
    "event": lambda trigger: trigger.event,
    "stage": lambda trigger: _("into %s (stage)") % (word(STAGES, trigger.stage) or UNSAID),
    "lifecycle": lambda trigger: (
        _("into %s (lifecycle segment)") % (word(SEGMENT_WORDS, trigger.lifecycle) or UNSAID)
    ),
    "segment": _segment,
    "time": _slots,
    "date": _date,
    "api": lambda _trigger: _("by the API"),
}
FORMS: Mapping[type, Callable[[Any], str]] = {
    Until: lambda form: _("Wait until %s") % f"{form.at:%H:%M}" + _on(form.days),
    InWindow: lambda form: (
        _("Wait for the hours %s") % f"{form.window.start:%H:%M}–{form.window.end:%H:%M}"
        + _on(form.window.days)
    ),
    Dated: lambda form: _("Wait for the date %s") % _dated(form.date, form.offset, form.at),
    BestTime: lambda form: (
        _("Wait for the best time, %s at most") % durations.words(form.within, language())
    ),
}
