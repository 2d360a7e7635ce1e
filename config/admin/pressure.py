"""What falls on customers, as charts: who stands in two journeys at once, how many messages each of
them gets, from which journeys, and what was held back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.models import Journey
from profiles.admin.base import reason
from profiles.admin.charts import Chart, Column, Row, number, percent, ratio, share
from profiles.core import charts

MOST = 12
"""So many journeys are drawn in the grid; the table has all pairs."""
PAIRS = 200
FULL = 10
"""So many messages and more are one column."""
LETTERS = 20


class Told(NamedTuple):
    """What was found, of the last days or, `ahead`, of the next; and how journeys are called."""

    found: Mapping[str, Any]
    ahead: bool
    titles: Mapping[str, str]
    query: str = ""

    @property
    def days(self) -> str:
        days = self.found["days"]
        if self.ahead:
            text = ngettext("the next %(days)s day", "the next %(days)s days", days)
        else:
            text = ngettext("the last %(days)s day", "the last %(days)s days", days)
        return text % {"days": days}

    @property
    def customers(self) -> int:
        return int(self.found["customers"])

    def key(self, name: str) -> str:
        return f"{name}-ahead" if self.ahead else name

    def title(self, slug: str) -> str:
        return self.titles.get(slug, slug) or _("outside of journeys")


def titles() -> dict[str, str]:
    """Journeys by their short names."""
    return {row.slug: str(row) for row in Journey.objects.only("slug", "title")}


def drawn(told: Told) -> list[Chart]:
    """All charts of one period."""
    made = [_overlap(told), _people(told), _busiest(told), _journeys(told), _skipped(told)]
    return [chart._replace(query=told.query) for chart in made]


def tiles(told: Told) -> list[dict[str, Any]]:
    """The period in three numbers, each with its base."""
    rows, base = told.found["people"], told.customers
    messages = sum(row["messages"] * row["customers"] for row in rows)
    most = max((row["in_seven_days"] for row in rows), default=0)
    got = sum(row["customers"] for row in rows if row["in_seven_days"] == most)
    of_all = _("of %s customers") % number(base)
    return [
        {"label": _("In several journeys at once"), "kind": "number",
         "value": told.found["together"], "base": of_all},
        {"label": _("Messages per customer"), "kind": "decimal", "value": ratio(messages, base),
         "base": _("%(number)s messages to %(base)s customers")
         % {"number": number(messages), "base": number(base)}},
        {"label": _("Most within seven days"), "kind": "number", "value": most,
         "base": _("customers who got so many: %s") % number(got) if most else of_all},
    ]  # fmt: skip


def _overlap(told: Told) -> Chart:
    sizes = {each["journey"]: each["customers"] for each in told.found["journeys"]}
    shown = [slug for slug, customers in sizes.items() if customers][:MOST]
    pairs = told.found["pairs"]
    return Chart(
        key=told.key("overlap"),
        title=_("In two journeys at once, %s") % told.days,
        note=_("customers outside control groups; the diagonal has all of a journey"),
        option=_grid(told, shown, sizes),
        columns=[
            Column(_("journey")), Column(_("other journey")),
            Column(_("customers in both"), "number"),
            Column(_("of the one"), "percent"), Column(_("of the other"), "percent"),
            Column(_("messages to each of them"), "decimal"),
        ],
        rows=[
            Row((told.title(one), told.title(other), n, ratio(n, sizes.get(one, 0)),
                 ratio(n, sizes.get(other, 0)), ratio(each["messages"], n)))
            for each in pairs[:PAIRS]
            for (one, other), n in [(each["journeys"], each["customers"])]
        ],
        told=_("A row and a column for each journey: customers who stood in both."),
        empty=_("Nobody stood in two journeys at once."),
        height=70 + 44 * max(len(shown), 2), least=180 + 84 * len(shown),
    )  # fmt: skip


def _grid(told: Told, shown: Sequence[str], sizes: Mapping[str, int]) -> charts.Option:
    pairs = {tuple(each["journeys"]): each for each in told.found["pairs"]}
    most = max((each["customers"] for each in pairs.values()), default=0)
    names = [_short(told.title(slug)) for slug in shown]
    cells = []
    for y, one in enumerate(shown):
        for x, other in enumerate(shown):
            pair = pairs.get((one, other)) or pairs.get((other, one))
            n = sizes[one] if one == other else pair["customers"] if pair else 0
            dark = n / most if one != other and most else 0.0
            said = _pair_told(told, (one, other), n, sizes, pair)
            cells.append(charts.Cell(x, len(shown) - 1 - y, dark, said, number(n)))
    return charts.grid(cells, across=names, down=list(reversed(names)))


def _pair_told(
    told: Told, pair: tuple[str, str], customers: int, sizes: Mapping[str, int],
    found: Mapping[str, Any] | None,
) -> str:  # fmt: skip
    one, other = pair
    counted = _customers(customers)
    if one == other:
        return f"{told.title(one)}\n{counted}"
    lines = [f"{told.title(one)} + {told.title(other)}", counted]
    for slug in pair:
        of = {"share": share(customers, sizes[slug]), "journey": told.title(slug)}
        lines.append(_("%(share)s of “%(journey)s”") % of)
    if found:
        each = ratio(found["messages"], customers) or 0.0
        lines.append(_("%s messages to each of them") % number(round(each, 1)))
    return "\n".join(lines)


def _people(told: Told) -> Chart:
    return _spread(told, "people", "messages", _("Messages per customer, %s") % told.days)


def _busiest(told: Told) -> Chart:
    title = _("Most messages within seven days, %s") % told.days
    return _spread(told, "busiest", "in_seven_days", title)


def _spread(told: Told, key: str, counted: str, title: str) -> Chart:
    """Customers by how many messages they got; those with FULL and more together."""
    found: Counter[int] = Counter()
    for row in told.found["people"]:
        found[min(row[counted], FULL)] += row["customers"]
    last = max([1, *found])
    names = [f"{n}+" if n == FULL else str(n) for n in range(last + 1)]
    base = told.customers
    shares = [f"{_customers(found[n])} · {share(found[n], base)}" for n in range(last + 1)]
    items = [
        charts.Item(name, found[n], f"{_messages(name, n)}\n{shares[n]}")
        for n, name in enumerate(names)
    ]
    return Chart(
        key=told.key(key),
        title=title,
        note=_("%s customers, those without a message too") % number(base),
        option=charts.columns(items, across=_("messages")),
        columns=[
            Column(_("messages")), Column(_("customers"), "number"), Column(_("share"), "percent"),
        ],
        rows=[
            Row((name, found[n], ratio(found[n], base))) for n, name in enumerate(names)
        ] if base else [],
        told=_("A column for each number of messages."),
        empty=_("There are no customers yet."),
        height=220,
    )  # fmt: skip


def _journeys(told: Told) -> Chart:
    sending = [each for each in told.found["journeys"] if each["messages"]]
    found = sorted(sending, key=lambda each: -each["messages"])
    messages = sum(each["messages"] for each in found)
    items = [
        charts.Item(
            told.title(each["journey"]), each["messages"], _sent_told(told, each),
            f"{number(each['messages'])} · {percent(each['messages'] / messages)}",
        )
        for each in found[:MOST]
    ]  # fmt: skip
    return Chart(
        key=told.key("journeys"),
        title=_("Messages by journey, %s") % told.days,
        note=_("%s messages that were sent") % number(messages),
        option=charts.rows(items),
        columns=[
            Column(_("journey")), Column(_("messages"), "number"), Column(_("share"), "percent"),
            Column(_("customers"), "number"), Column(_("messages to each of them"), "decimal"),
        ],
        rows=[
            Row((told.title(each["journey"]), each["messages"], ratio(each["messages"], messages),
                 each["reached"], ratio(each["messages"], each["reached"])))
            for each in found
        ],
        told=_("A bar for each journey."),
        empty=_("No message was sent."),
        height=20 + 30 * max(len(items), 2),
    )  # fmt: skip


def _sent_told(told: Told, journey: Mapping[str, Any]) -> str:
    counted = {"number": number(journey["messages"]), "base": number(journey["reached"])}
    said = _("%(number)s messages to %(base)s customers") % counted
    return f"{told.title(journey['journey'])}\n{said}"


def _skipped(told: Told) -> Chart:
    found = told.found["skipped"]
    base = sum(found.values())
    items = [
        charts.Item(reason(code), n, f"{reason(code)}\n{number(n)} · {share(n, base)}", number(n))
        for code, n in found.items()
    ]
    return Chart(
        key=told.key("skipped"),
        title=_("Not sent, by reason, %s") % told.days,
        note=_("%s messages that were planned and not sent") % number(base),
        option=charts.rows(items),
        columns=[
            Column(_("reason")), Column(_("messages"), "number"), Column(_("share"), "percent"),
        ],
        rows=[Row((reason(code), n, ratio(n, base))) for code, n in found.items()],
        told=_("A bar for each reason."),
        empty=_("Every planned message was sent."),
        height=20 + 30 * max(len(items), 2),
    )  # fmt: skip


def _short(title: str) -> str:
    return title if len(title) <= LETTERS else title[: LETTERS - 1].rstrip() + "…"


def _customers(customers: int) -> str:
    text = ngettext("%(number)s customer", "%(number)s customers", customers)
    return text % {"number": number(customers)}


def _messages(name: str, messages: int) -> str:
    return ngettext("%(number)s message", "%(number)s messages", messages) % {"number": name}
