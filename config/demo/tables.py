"""Prints what the replay led to:
customers by stage, journeys by arm with lift, messages by channel.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from journeys.queries.report import report
from profiles.core.stages import SEGMENTS

STAGES = """
SELECT stage, segment, count(*) FROM profiles_lifecyclestate GROUP BY stage, segment
"""
MESSAGES = """
SELECT CASE WHEN channel = '' THEN array_to_string(channels, '/') ELSE channel END AS way,
       count(*) FILTER (WHERE status IN ('sent', 'delivered', 'bounced')),
       count(*) FILTER (WHERE status = 'withheld'),
       count(*) FILTER (WHERE status = 'skipped'),
       count(*) FILTER (WHERE status NOT IN ('sent', 'delivered', 'bounced', 'withheld', 'skipped'))
FROM channels_message GROUP BY way ORDER BY way
"""
VERDICTS = {
    "no_difference": _("no measurable difference"),
    "too_early": _("too few to tell"),
    "not_measurable": _("not measurable"),
    "better": _("better"),
    "worse": _("worse"),
    "srm": _("group sizes are off"),
}


def show(console: Console, *, slugs: Iterable[str]) -> None:
    """Print the three tables."""
    console.print(stages())
    console.print(journeys([report(slug) for slug in slugs]))
    console.print(messages())


def stages() -> Table:
    table = Table(
        _("Stage"),
        _("Segment"),
        _("Customers"),
        _("Share"),
        title=_("Customers by lifecycle stage"),
    )
    counts = {(stage, segment): number for stage, segment, number in _rows(STAGES)}
    total = sum(counts.values()) or 1
    for segment, stage in SEGMENTS.items():
        number = counts.get((stage, segment), 0)
        table.add_row(stage, segment, f"{number:,}", f"{number / total:.1%}" if number else "–")
    table.add_row(_("all"), "", f"{sum(counts.values()):,}", "")
    return table


def journeys(reports: list[dict[str, Any]]) -> Table:
    table = Table(title=_("Journeys: what was sent, and what it changed"))
    for name in (
        _("Journey"),
        _("Arm"),
        _("Customers"),
        _("Converted"),
        _("Rate"),
        _("Lift"),
        _("95 % interval"),
        _("Verdict"),
    ):
        table.add_column(
            name, justify="left" if name in (_("Journey"), _("Arm"), _("Verdict")) else "right"
        )
    for found in reports:
        totals, sent = found["totals"], sum(step["sent"] for step in found["steps"])
        withheld = sum(step["withheld"] for step in found["steps"])
        table.add_row(
            f"[bold]{found['journey']}[/bold]",
            _("entered %(entered)d, sent %(sent)d, withheld %(withheld)d")
            % {"entered": totals["entered"], "sent": sent, "withheld": withheld},
            f"{totals['customers']:,}",
            f"{totals['converted']:,}",
        )
        for experiment in found["experiments"]:
            for arm in experiment["arms"]:
                table.add_row(*_arm(experiment, arm))
        table.add_section()
    return table


def _arm(experiment: dict[str, Any], arm: dict[str, Any]) -> tuple[str, ...]:
    compared = arm["lift"] is not None
    return (
        f"  {experiment['id']}",
        arm["arm"] + (" ·" + _("ghost") if arm["ghost"] else ""),
        f"{arm['customers']:,}",
        f"{arm['conversions']:,}",
        "–" if arm["rate"] is None else f"{arm['rate']:.1%}",
        f"{arm['lift']:+.1%}" if compared else "–",
        f"{arm['low']:+.1%} … {arm['high']:+.1%}" if compared and arm["low"] is not None else "–",
        VERDICTS[arm["verdict"]] if arm["arm"] != experiment["control"] else _("control"),
    )


def messages() -> Table:
    table = Table(
        _("Channel"),
        _("Sent"),
        _("Withheld"),
        _("Skipped"),
        _("Open"),
        title=_("Messages by channel"),
    )
    for way, *numbers in _rows(MESSAGES):
        table.add_row(way, *(f"{number:,}" for number in numbers))
    return table


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
