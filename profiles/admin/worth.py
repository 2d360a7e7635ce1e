"""What customers are worth, as charts: scores as a grid, segments as fields of their size."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.admin.charts import Chart, Column, Row, money, number, ratio, share
from profiles.admin.words import SEGMENT_WORDS, STAGES, segments_of, word
from profiles.core import charts
from profiles.queries import worth
from profiles.queries.worth import Group

SCORES = (1, 2, 3, 4, 5)
NOBODY = Group(0, Decimal(0))


def scores(found: Mapping[tuple[int, int], Group]) -> Chart:
    """Buyers by recency and frequency: the newest on top, the most frequent on the right."""
    base = sum(group.customers for group in found.values())
    most = max((group.customers for group in found.values()), default=0)
    places = [Score(r, f, found.get((r, f), NOBODY)) for r in SCORES for f in SCORES]
    return Chart(
        key="rfm",
        title=_("Recency and frequency"),
        note=_("%s customers who ever bought; R 5 bought last, F 5 most often") % number(base),
        option=charts.grid(
            [_score_cell(place, base, most) for place in places],
            across=[f"F {f}" for f in SCORES], down=[f"R {r}" for r in SCORES],
        ),
        columns=[Column("R", "number"), Column("F", "number"), *_counted()],
        rows=[
            Row((place.r, place.f, *_numbers(place.group, base)), place.url)
            for place in reversed(places)
        ] if base else [],
        told=_("A grid of five scores of recency by five of frequency."),
        empty=_("Nobody has bought anything yet: scores begin with the first order."),
        height=380,
    )  # fmt: skip


class Score(NamedTuple):
    """Those who share two scores."""

    r: int
    f: int
    group: Group

    @property
    def url(self) -> str:
        return _list(r=self.r, f=self.f)


def _score_cell(place: Score, base: int, most: int) -> charts.Cell:
    customers = place.group.customers
    said = f"{number(customers)}\n{share(customers, base)}"
    told = _score_told(place.r, place.f, place.group, base)
    return charts.Cell(place.f - 1, place.r - 1, ratio(customers, most) or 0, told, said, place.url)


def _counted() -> list[Column]:
    return [
        Column(_("customers"), "number"), Column(_("share"), "percent"),
        Column(_("net revenue per customer"), "money"),
    ]  # fmt: skip


def _numbers(group: Group, base: int) -> tuple[int, float | None, float | None]:
    return group.customers, ratio(group.customers, base), _each(group)


def _score_told(r: int, f: int, group: Group, base: int) -> str:
    lines = [f"R {r}, F {f}", _people(group.customers, base)]
    if group.customers:
        lines.append(_("net revenue per customer: %s") % money(_each(group)))
    return "\n".join(lines)


def segments(found: Mapping[tuple[str, str], Group]) -> Chart:
    """Everybody by segment, coloured by stage."""
    base = sum(group.customers for group in found.values())
    places = [
        (stage, segment, found.get((stage, segment), NOBODY))
        for stage in STAGES
        for segment in segments_of(stage)
    ]
    return Chart(
        key="segments",
        title=_("Segments of the lifecycle"),
        note=_("%s customers; a field is as large as its segment, its colour is the stage")
        % number(base),
        option=charts.tree([_field(*place, base) for place in places if place[2].customers]),
        columns=[Column(_("segment")), Column(_("stage")), *_counted()],
        rows=[_segment_row(*place, base) for place in places] if base else [],
        told=_("Fields of the fourteen segments."),
        empty=_("Nobody stands in the lifecycle yet: it begins with the first event."),
        height=380,
    )


def _field(stage: str, segment: str, group: Group, base: int) -> charts.Item:
    return charts.Item(
        name=segment,
        value=group.customers,
        told=_segment_told(stage, segment, group, base),
        said=f"{word(SEGMENT_WORDS, segment)}\n{number(group.customers)}",
        url=_list(stage=stage, segment=segment),
        tone=f"var(--sj-{stage})",
    )


def _segment_row(stage: str, segment: str, group: Group, base: int) -> Row:
    names = (word(SEGMENT_WORDS, segment), word(STAGES, stage))
    return Row((*names, *_numbers(group, base)), _list(stage=stage, segment=segment))


def _segment_told(stage: str, segment: str, group: Group, base: int) -> str:
    title = f"{word(SEGMENT_WORDS, segment)} · {word(STAGES, stage)}"
    return f"{title}\n{_people(group.customers, base)}"


def tiles() -> list[dict[str, Any]]:
    """What buyers brought so far, each with its base."""
    found = worth.buyers()
    of_buyers = _("of %s who ever bought") % number(found.buyers)
    return [
        {"label": _("Bought again"), "kind": "percent", "value": ratio(found.again, found.buyers),
         "base": of_buyers},
        {"label": _("Orders per buyer"), "kind": "decimal",
         "value": ratio(found.orders, found.buyers), "base": of_buyers},
        {"label": _("Average order"), "kind": "money",
         "value": ratio(float(found.revenue), found.orders),
         "base": _("of %s orders") % number(found.orders)},
        {"label": _("Net revenue per buyer so far"), "kind": "money",
         "value": ratio(float(found.revenue), found.buyers), "base": of_buyers},
    ]  # fmt: skip


def _people(customers: int, base: int) -> str:
    text = ngettext("%(number)s customer", "%(number)s customers", customers)
    return f"{text % {'number': number(customers)}} · {share(customers, base)}"


def _each(group: Group) -> float | None:
    return ratio(float(group.revenue), group.customers)


def _list(**filters: object) -> str:
    return f"{reverse('admin:profiles_customer_changelist')}?{urlencode(filters)}"
