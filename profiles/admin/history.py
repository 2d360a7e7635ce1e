"""What became of customers by month, as charts: ways between stages, buyers, who came back."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.admin.charts import Chart, Column, Row, month_name, number, ratio, share
from profiles.admin.charts import money as written
from profiles.admin.words import STAGES, word
from profiles.core import charts
from profiles.core.months import Move, between, months_before
from profiles.queries.history import Cohort

FEW = 30
"""Below this base a rate says little: chance moves it."""
NEWCOMERS = "new"


def flow(moves: Sequence[Move], *, month: dt.date, query: str = "") -> Chart:
    """From the stage in which the month found customers to the one in which it left them."""
    order = [*STAGES, NEWCOMERS]
    found = [move._replace(before=move.before or NEWCOMERS) for move in moves]
    found.sort(key=lambda move: (order.index(move.before), order.index(move.after)))
    base = sum(move.customers for move in found)
    starts: Counter[str] = Counter()
    for move in found:
        starts[move.before] += move.customers
    return Chart(
        key="stages",
        title=_("Ways between stages in %s") % month_name(month),
        note=_("%s customers: left where the month found them, right where it left them")
        % number(base),
        option=_streams(found, starts, base),
        columns=[
            Column(_("from")), Column(_("to")), Column(_("customers"), "number"),
            Column(_("share of those it found there"), "percent"),
        ],
        rows=[
            Row((_stage(before), _stage(after), n, ratio(n, starts[before])))
            for _month, before, after, n in found
        ],
        told=_("Streams from the stages at the beginning of the month to those at its end."),
        empty=_("Nothing has been counted for this month yet."),
        height=380, query=query,
    )  # fmt: skip


def _streams(moves: Sequence[Move], starts: Counter[str], base: int) -> charts.Option:
    ends: Counter[str] = Counter()
    for move in moves:
        ends[move.after] += move.customers
    nodes = [
        _place(depth, stage, found[stage], base)
        for depth, found in ((0, starts), (1, ends))
        for stage in (*STAGES, NEWCOMERS)
        if found[stage]
    ]
    ways = [
        charts.Flow(f"0:{before}", f"1:{after}", n, _way_told(before, after, n, starts))
        for _month, before, after, n in moves
    ]
    return charts.flows(nodes, ways, ordered=True)


def _place(depth: int, stage: str, customers: int, base: int) -> charts.Node:
    told = f"{_stage(stage)}\n{_people(customers)} · {share(customers, base)}"
    said = f"{_stage(stage)} {number(customers)}"
    return charts.Node(f"{depth}:{stage}", said, told, depth, _tone(stage))


def _stage(stage: str) -> str:
    return _("New") if stage == NEWCOMERS else word(STAGES, stage)


def _tone(stage: str) -> str:
    return "var(--sj-faint)" if stage == NEWCOMERS else f"var(--sj-{stage})"


def _way_told(before: str, after: str, customers: int, starts: Mapping[str, int]) -> str:
    return f"{_stage(before)} → {_stage(after)}\n{_people(customers)} · " + _(
        "%(share)s of %(base)s"
    ) % {"share": share(customers, starts[before]), "base": number(starts[before])}


class Month(NamedTuple):
    """What all buyers of a month bought, and how many of those of the month before came again."""

    month: dt.date
    buyers: int
    new: int
    returned: int
    orders: int
    revenue: Decimal


def months(cohorts: Sequence[Cohort]) -> list[Month]:
    """Every month from the first order on, those without any included."""
    by_month: dict[dt.date, list[Cohort]] = {}
    for each in cohorts:
        by_month.setdefault(each.month, []).append(each)
    if not by_month:
        return []
    first, last = min(by_month), max(by_month)
    asked = [months_before(first, -ahead) for ahead in range(between(first, last) + 1)]
    return [_month(month, by_month.get(month, [])) for month in asked]


def _month(month: dt.date, cohorts: Sequence[Cohort]) -> Month:
    return Month(
        month,
        sum(each.buyers for each in cohorts),
        sum(each.buyers for each in cohorts if each.cohort == month),
        sum(each.returned for each in cohorts),
        sum(each.orders for each in cohorts),
        sum((each.revenue for each in cohorts), Decimal(0)),
    )


def buyers(found: Sequence[Month], *, shown: int, today: dt.date, query: str = "") -> Chart:
    """Buyers by month, with what they spent and how many of the last month's did not come again."""
    before = {each.month: each.buyers for each in found}
    rows = [each for each in found if each.month > months_before(today, shown)]
    items = [charts.Item(month_name(each.month), each.buyers, _month_told(each)) for each in rows]
    return Chart(
        key="buyers",
        title=_("Buyers by month"),
        note=_("customers with an order in the month; the present month is not over"),
        option=charts.columns(items, across=""),
        columns=[
            Column(_("month")), Column(_("buyers"), "number"), Column(_("new"), "number"),
            Column(_("orders"), "number"), Column(_("net revenue"), "money"),
            Column(_("per buyer"), "money"), Column(_("per order"), "money"),
            Column(_("churn"), "percent"), Column(_("of buyers of the month before"), "number"),
        ],
        rows=[
            _month_row(each, before.get(months_before(each.month, 1), 0), today)
            for each in reversed(rows)
        ],
        told=_("A column for each month."),
        empty=_("Nobody has bought anything yet."),
        height=240, query=query,
    )  # fmt: skip


def _month_row(month: Month, before: int, today: dt.date) -> Row:
    revenue = float(month.revenue)
    return Row((
        month_name(month.month), month.buyers, month.new, month.orders, revenue,
        ratio(revenue, month.buyers), ratio(revenue, month.orders),
        _churn(month, before, today), before,
    ))  # fmt: skip


def _churn(month: Month, before: int, today: dt.date) -> float | None:
    """Of the buyers of the month before, who did not buy; not known before the month is over."""
    over = month.month < months_before(today, 0)
    return 1 - month.returned / before if before and over else None


def _month_told(month: Month) -> str:
    each = ratio(float(month.revenue), month.buyers)
    return "\n".join([
        month_name(month.month),
        ngettext("%(number)s buyer", "%(number)s buyers", month.buyers)
        % {"number": number(month.buyers)},
        _("%(new)s of them new, net revenue %(revenue)s, %(each)s per buyer")
        % {"new": number(month.new), "revenue": written(month.revenue),
           "each": written(each) if each is not None else "–"},
    ])  # fmt: skip


class Kept(NamedTuple):
    """Of `base` customers who bought first in a month, those who bought `ahead` months later."""

    row: int
    first: dt.date
    ahead: int
    customers: int
    base: int

    @property
    def rate(self) -> float:
        return self.customers / self.base


def kept(cohorts: Sequence[Cohort], *, shown: int, today: dt.date) -> list[Kept]:
    """The last `shown` months of first orders, newest first, and each whole month after them."""
    last = months_before(today, 1)
    bought = {(each.cohort, each.month): each.buyers for each in cohorts}
    firsts = [months_before(last, back) for back in range(1, shown + 1)]
    return [
        Kept(row, first, ahead, bought.get((first, months_before(first, -ahead)), 0), base)
        for row, first in enumerate(each for each in firsts if (each, each) in bought)
        for base in [bought[first, first]]
        for ahead in range(1, between(first, last) + 1)
    ]


def retention(cohorts: Sequence[Cohort], *, shown: int, today: dt.date, query: str = "") -> Chart:
    """Of those who bought first in a month, how many bought in each month after it that is over."""
    found = kept(cohorts, shown=shown, today=today)
    most = max((each.rate for each in found), default=0.0)
    names = dict.fromkeys(f"{month_name(each.first)} · {number(each.base)}" for each in found)
    longest = max((each.ahead for each in found), default=0)
    cells = [
        charts.Cell(
            each.ahead - 1, each.row, each.rate / most if most else 0.0, _kept_told(each),
            f"{round(100 * each.rate)} %",
        )
        for each in found
    ]  # fmt: skip
    return Chart(
        key="retention",
        title=_("Who came back, by the month of the first order"),
        note=_("share of those who bought first in that month, by whole months since"),
        option=charts.grid(
            cells, across=[str(ahead) for ahead in range(1, longest + 1)], down=list(names)
        ),
        columns=_kept_columns(),
        rows=[
            Row((month_name(each.first), each.ahead, each.base, each.customers, each.rate))
            for each in found
        ],
        told=_("A row for each month of first orders, a column for each month since."),
        empty=_("This needs a month of first orders and one month after it."),
        height=64 + 34 * max(len(names), 2), least=110 + 44 * longest, query=query,
    )  # fmt: skip


def _kept_columns() -> list[Column]:
    return [
        Column(_("first order in")), Column(_("months since"), "number"),
        Column(_("customers of that month"), "number"), Column(_("bought"), "number"),
        Column(_("share"), "percent"),
    ]  # fmt: skip


def _kept_told(found: Kept) -> str:
    text = ngettext("%(number)s month later", "%(number)s months later", found.ahead)
    counted = {
        "share": share(found.customers, found.base),
        "number": number(found.customers),
        "base": number(found.base),
    }
    lines = [
        f"{month_name(found.first)}, {text % {'number': found.ahead}}",
        _("%(share)s: %(number)s of %(base)s bought") % counted,
    ]
    if found.base < FEW:
        lines.append(_("fewer than 30 customers: chance moves this rate"))
    return "\n".join(lines)


def _people(customers: int) -> str:
    text = ngettext("%(number)s customer", "%(number)s customers", customers)
    return text % {"number": number(customers)}
