"""The command that reads a journey's texts for its audience, and what it says of them."""

import json as text
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _
from rich.table import Table

from config import printed
from journeys.queries import proof
from journeys.queries.proof import Terms
from profiles.queries import clock

MOST_LINES = 20
"""So many links are told; `--json` has them all."""


def add_arguments(actions: "_SubParsersAction[ArgumentParser]") -> None:
    parser = actions.add_parser("proof", help=_("read every text of a journey for its audience"))
    parser.add_argument("journey", metavar="JOURNEY", help=_("a journey's name"))
    parser.add_argument(
        "--sample", type=int, metavar="N", help=_("only N customers (default: all)")
    )
    parser.add_argument(
        "--segments", type=int, default=proof.SEGMENTS, metavar="N",
        help=_("the most that an SMS may have (%(default)s)"),
    )  # fmt: skip
    parser.add_argument(
        "--live", action="store_true", help=_("the live version instead of the draft")
    )
    parser.add_argument("--json", action="store_true", help=_("as the API answers"))


def show(out: OutputWrapper, journey: str, *, json: bool, **options: Any) -> None:
    """Read, with a bar on a terminal, and tell. Raises Refused."""
    terms = Terms(options["sample"], options["segments"], options["live"])
    console = printed.console(out)
    with printed.bar(console, hidden=json) as tell:
        found = proof.of_journey(journey, terms, now=clock.now(), tell=tell)
    if json:
        out.write(text.dumps(found, sort_keys=True, ensure_ascii=False))
        return
    console.print(_entry(found), highlight=False, markup=False)
    for page in found["steps"]:
        console.print(_table(page))


def _entry(found: Mapping[str, Any]) -> str:
    """For whom it was read, and with whose events."""
    read = _("%(journey)s: read for %(customers)s customers.") % found
    entry = found["entry"]
    if entry is None:
        return read
    lent = entry["lent"] or {"event": "–", "customer": "–", "at": "–"}
    told = _(
        "With an entry event of their own: %(own)s; with one of customer %(customer)s"
        " (%(event)s, %(at)s): %(borrowed)s; with none: %(none)s."
    ) % {**entry, **lent}
    return f"{read}\n{told}"


def _table(page: Mapping[str, Any]) -> Table:
    place = " · ".join(filter(None, (page["step"], page["arm"], page["channel"])))
    title = _("%(place)s: %(rendered)s of %(customers)s rendered") % {**page, "place": place}
    return printed.table(title, (_("what"), "", _("customers"), _("such as")), _rows(page))


def _rows(page: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in page["errors"]:
        yield _("error"), each["message"], *_some(each)
    for each in page["empty"]:
        yield _("empty"), each["path"], *_some(each)
    for path in page["not_known"]:
        yield _("known to calls alone"), path, "", ""
    if page["leads_nowhere"]["customers"]:
        yield _("a link leads nowhere"), "", *_some(page["leads_nowhere"])
    yield from _measures(page)
    for each in page["links"][:MOST_LINES]:
        kind = _("image") if each["kind"] == "image" else _("link")
        yield kind, each["url"], f"{each['customers']:,}", ""


def _measures(page: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in page["lengths"]:
        longest = ", ".join(f"{one['customer']} ({one['length']})" for one in each["longest"])
        over = f"{each['over']} > {each['limit']}" if each["over"] else ""
        spread = f"{each['field']}: {each['min']} – {each['median']} – {each['max']}"
        yield _("length"), spread, over, longest
    if page["segments"]:
        counts = ", ".join(f"{count}: {n:,}" for count, n in page["segments"]["counts"].items())
        yield _("SMS segments"), counts, *_some(page["segments"]["over"])
        if cost := page["segments"]["cost"]:
            yield _("cost"), proof.cost_words(cost), "", ""


def _some(found: Mapping[str, Any]) -> tuple[str, str]:
    return f"{found['customers']:,}", ", ".join(map(str, found["examples"]))
