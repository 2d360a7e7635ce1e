"""A journey's report as charts: how far messages took customers, their paths, their time, the arms.

Each chart says of whom it counts, and since when they came in.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.admin.words import ARMS, STATUSES, VERDICT_TONES, VERDICTS
from journeys.core.paths import ENTRANCE, OTHER, Path, Picture, Place, picture
from journeys.queries import ways
from profiles.admin.base import word
from profiles.admin.charts import Chart, Column, Row, number, ratio, share, shown
from profiles.core import charts

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WIDTHS = (5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)
SPANS = 48
"""No more columns than so many, of the narrowest width that allows it."""
FARTHEST = 5.0
"""The lift scale ends at ±500 %: intervals beyond it reach to its end."""
TONES = {"completed": "var(--sj-success)", "left": "var(--sj-warning)", "active": "var(--sj-info)"}
BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PERIODS = ("7", "30", "90", "all")


def since(asked: str, *, now: dt.datetime) -> tuple[str, dt.datetime]:
    """The period of the address, or 90 days, and when it began."""
    period = asked if asked in PERIODS else "90"
    return period, BEGINNING if period == "all" else now - dt.timedelta(days=int(period))


def pills(period: str) -> list[dict[str, Any]]:
    """The periods to choose from."""
    return [
        {"label": _("last %s days") % each if each != "all" else _("at any time"),
         "url": f"?days={each}", "current": each == period}
        for each in PERIODS
    ]  # fmt: skip


def of_journey(
    journey: int, report: Mapping[str, Any], *, period: str, now: dt.datetime
) -> list[Chart]:
    """All charts of a journey's report."""
    _period, begun = since(period, now=now)
    query = f"days={_period}"
    found = [
        _funnel(ways.funnel(journey, since=begun)),
        _paths(ways.paths(journey, since=begun)),
        _times(ways.times(journey, since=begun, widths=WIDTHS, most=SPANS)),
        _forest(report["experiments"]),
    ]
    return [chart._replace(query=query) for chart in found]


def _funnel(found: ways.Funnel) -> Chart:
    levels = [
        (_("Entered"), found.entered), (_("A message was sent"), found.sent),
        (_("Delivered"), found.delivered), (_("Opened"), found.opened),
        (_("Clicked"), found.clicked), (_("Goal, after a message"), found.converted),
    ]  # fmt: skip
    rows = [
        Row((name, customers, ratio(customers, found.entered), ratio(customers, found.sent)))
        for name, customers in levels
    ]
    rows[0] = Row((levels[0][0], found.entered, ratio(found.entered, found.entered), None))
    return Chart(
        key="funnel",
        title=_("How far messages took them"),
        note=_("%s customers who came in, outside all control groups") % number(found.entered),
        option=charts.rows([_level(name, customers, found) for name, customers in levels]),
        columns=[
            Column(_("so far")), Column(_("customers"), "number"),
            Column(_("of those who came in"), "percent"),
            Column(_("of those with a message"), "percent"),
        ],
        rows=rows if found.entered else [],
        told=_("Six bars, from coming in to the goal."),
        empty=_("Nobody came in during this time."),
        height=236,
    )  # fmt: skip


def _level(name: str, customers: int, found: ways.Funnel) -> charts.Item:
    part = share(customers, found.entered)
    of = _("%(part)s of %(base)s who came in") % {"part": part, "base": number(found.entered)}
    return charts.Item(
        name, customers, f"{name}\n{_people(customers)} · {of}", f"{number(customers)} · {part}"
    )


def _paths(found: ways.Paths) -> Chart:
    drawn = picture(found.top, walks=found.walks)
    return Chart(
        key="paths",
        title=_("Paths"),
        note=_paths_note(found),
        option=charts.flows(
            [_node(place, n, drawn) for place, n in sorted(drawn.places.items())],
            [
                charts.Flow(_key(start), _key(to), n, _way_told(start, to, n, drawn))
                for (start, to), n in sorted(drawn.ways.items())
            ],
        ),
        columns=[
            Column(_("path")), Column(_("ends as")), Column(_("walks"), "number"),
            Column(_("share"), "percent"),
        ],
        rows=[*_path_rows(found.top, found.walks), *_rest(drawn)],
        told=_("Streams from step to step, as broad as many walks took them."),
        empty=_("Nobody came in during this time, or the log does not go back so far."),
        height=min(160 + 34 * len(found.top), 560),
        least=120 * (1 + max((place.depth for place in drawn.places), default=0)),
    )  # fmt: skip


def _paths_note(found: ways.Paths) -> str:
    text = ngettext(
        "%(walks)s walks on %(kinds)s path", "%(walks)s walks on %(kinds)s paths", found.kinds
    )
    note = text % {"walks": number(found.walks), "kinds": number(found.kinds)}
    more = found.kinds > len(found.top)
    return f"{note}; {_('the %s most walked are drawn') % len(found.top)}" if more else note


def _path_rows(top: Sequence[Path], walks: int) -> Iterator[Row]:
    for path in top:
        yield Row(
            (" → ".join(path.steps), word(STATUSES, path.end), path.walks, path.walks / walks)
        )


def _rest(drawn: Picture) -> Iterator[Row]:
    if drawn.other:
        yield Row((_("other paths"), "", drawn.other, drawn.other / drawn.walks))


def _node(place: Place, walks: int, drawn: Picture) -> charts.Node:
    name, tone = _name(place), TONES.get(place.end, "var(--sj-accent)")
    tone = "var(--sj-faint)" if place.end in (ENTRANCE, OTHER) else tone
    told = f"{name}\n{_walks(walks)} · {share(walks, drawn.walks)}"
    return charts.Node(_key(place), f"{name} {number(walks)}", told, place.depth, tone)


def _name(place: Place) -> str:
    names = {ENTRANCE: _("came in"), OTHER: _("other paths")}
    return place.step or names.get(place.end) or word(STATUSES, place.end)


def _key(place: Place) -> str:
    return f"{place.depth}:{place.step}:{place.end}"


def _way_told(start: Place, to: Place, walks: int, drawn: Picture) -> str:
    base = drawn.places[start]
    of = _("%(share)s of %(base)s") % {"share": share(walks, base), "base": number(base)}
    return f"{_name(start)} → {_name(to)}\n{_walks(walks)} · {of}"


def _times(found: ways.Times) -> Chart:
    spans = dict(found.spans)
    indexes = range(max(spans, default=0) + 1)
    median = _spent(found.median or 0)
    mark = (int((found.median or 0) // found.width), _("median %s") % median)
    return Chart(
        key="times",
        title=_("Time to the goal"),
        note=_("%(walks)s walks to the goal, from coming in; half of them within %(median)s")
        % {"walks": number(found.converted), "median": median}
        if found.converted else "",
        option=charts.columns(
            [_span(index, spans.get(index, 0), found) for index in indexes],
            across=_unit(found.width)[1], mark=mark,
        ),
        columns=[
            Column(_("Time to the goal")), Column(_("walks"), "number"),
            Column(_("share"), "percent"), Column(_("so far"), "percent"),
        ],
        rows=list(_span_rows(spans, indexes, found)) if found.converted else [],
        told=_("Columns by the time that it took, a line at the median."),
        empty=_("Nobody who came in during this time has reached the goal."),
        height=260,
    )  # fmt: skip


def _span(index: int, walks: int, found: ways.Times) -> charts.Item:
    told = f"{_after(index, found.width)}\n{_walks(walks)} · {share(walks, found.converted)}"
    return charts.Item(number(index * found.width // _unit(found.width)[0]), walks, told)


def _span_rows(spans: Mapping[int, int], indexes: range, found: ways.Times) -> Iterator[Row]:
    so_far = 0
    for index in indexes:
        walks = spans.get(index, 0)
        so_far += walks
        label = _after(index, found.width)
        yield Row((label, walks, walks / found.converted, so_far / found.converted))


def _unit(width: int) -> tuple[int, str]:
    """The unit in which spans of this width are named."""
    if width < HOUR:
        return MINUTE, _("minutes since coming in")
    return (HOUR, _("hours since coming in")) if width < DAY else (DAY, _("days since coming in"))


def _after(index: int, width: int) -> str:
    unit = _unit(width)[0]
    span = {"from": number(index * width // unit), "to": number((index + 1) * width // unit)}
    if unit == MINUTE:
        return _("%(from)s to %(to)s minutes") % span
    return (_("%(from)s to %(to)s hours") if unit == HOUR else _("%(from)s to %(to)s days")) % span


def _spent(seconds: float) -> str:
    if seconds < HOUR:
        return _("%s min") % shown("decimal", seconds / MINUTE)
    if seconds < 2 * DAY:
        return _("%s h") % shown("decimal", seconds / HOUR)
    return _("%s d") % shown("decimal", seconds / DAY)


def _forest(experiments: Sequence[Mapping[str, Any]]) -> Chart:
    arms = [(found, arm) for found in experiments for arm in found["arms"]]
    spans = [_interval(found, arm) for found, arm in arms if arm["low"] is not None]
    return Chart(
        key="arms",
        title=_("Lift of each arm"),
        note=_("how much more often they converted than the control; 95 % intervals, at any time"),
        option=charts.forest(spans, none=_("no difference")),
        columns=[
            Column(_("comparison")), Column(_("arm")), Column(_("customers"), "number"),
            Column(_("converted"), "number"), Column(_("rate"), "percent"),
            Column(_("lift"), "signed"), Column(_("from"), "signed"), Column(_("to"), "signed"),
            Column("p", "probability"), Column(_("verdict")),
        ],
        rows=[_arm_row(found, arm) for found, arm in arms] if spans else [],
        told=_("An interval for each arm around a line at no difference."),
        empty=_("Nothing to compare yet: this needs customers in an arm and in its control group."),
        height=76 + 46 * max(len(spans), 1),
    )  # fmt: skip


def _interval(found: Mapping[str, Any], arm: Mapping[str, Any]) -> charts.Span:
    low, middle, high = (max(-1.0, min(FARTHEST, arm[key])) for key in ("low", "lift", "high"))
    tone = VERDICT_TONES.get(arm["verdict"], "info")
    title = f"{_comparison(found)}: {word(ARMS, arm['arm'])}"
    lift, least, most = (shown("signed", arm[key]) for key in ("lift", "low", "high"))
    base = number(arm["customers"])
    lines = [
        title,
        _("%(lift)s, from %(low)s to %(high)s") % {"lift": lift, "low": least, "high": most},
        _("%(rate)s of %(base)s customers converted")
        % {"rate": shown("percent", arm["rate"]), "base": base},
        word(VERDICTS, arm["verdict"]),
    ]
    return charts.Span(title, low, middle, high, "\n".join(lines), f"var(--sj-{tone})")


def _comparison(found: Mapping[str, Any]) -> str:
    names = {"holdout": _("Holdout"), "global": _("Global control")}
    return names.get(found["id"]) or str(found["id"])


def _arm_row(found: Mapping[str, Any], arm: Mapping[str, Any]) -> Row:
    control = arm["arm"] == found["control"]
    return Row((
        _comparison(found), word(ARMS, arm["arm"]), arm["customers"], arm["conversions"],
        arm["rate"], arm["lift"], arm["low"], arm["high"], arm["p"],
        _("control") if control else word(VERDICTS, arm["verdict"]),
    ))  # fmt: skip


def _people(customers: int) -> str:
    text = ngettext("%(number)s customer", "%(number)s customers", customers)
    return text % {"number": number(customers)}


def _walks(walks: int) -> str:
    text = ngettext("%(number)s walk", "%(number)s walks", walks)
    return text % {"number": number(walks)}
