"""Prints what the replay led to:
customers by stage, journeys by arm with lift, messages by channel.
"""

from collections.abc import Iterable
from typing import Any, Literal

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
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
HANDED_OVER = """
WITH handed AS (
    SELECT journey, ghost, enrollment_id, status IN ('sent', 'delivered', 'bounced') AS sent,
           status = 'withheld' AS withheld
    FROM channels_message
)
SELECT journey, ghost, '', '', count(*) FILTER (WHERE sent), count(*) FILTER (WHERE withheld)
FROM handed GROUP BY journey, ghost
UNION ALL
SELECT h.journey, h.ghost, a.key, a.value,
       count(*) FILTER (WHERE h.sent), count(*) FILTER (WHERE h.withheld)
FROM handed h JOIN journeys_enrollment e ON e.id = h.enrollment_id
CROSS JOIN LATERAL jsonb_each_text(e.arms) AS a
WHERE h.ghost IN ('', 'arm') GROUP BY h.journey, h.ghost, a.key, a.value
"""
VERDICTS = {
    "no_difference": gettext_noop("no measurable difference"),
    "too_early": gettext_noop("too few to tell"),
    "not_measurable": gettext_noop("not measurable"),
    "better": gettext_noop("better"),
    "worse": gettext_noop("worse"),
    "srm": gettext_noop("group sizes are off"),
}
JOURNEY_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    (gettext_noop("Journey"), "left"),
    (gettext_noop("Arm"), "left"),
    (gettext_noop("Customers"), "right"),
    (gettext_noop("Sent"), "right"),
    (gettext_noop("Withheld"), "right"),
    (gettext_noop("Converted"), "right"),
    (gettext_noop("Rate"), "right"),
    (gettext_noop("Lift"), "right"),
    (gettext_noop("95 % interval"), "right"),
    (gettext_noop("Verdict"), "left"),
)


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
    for name, justify in JOURNEY_COLUMNS:
        table.add_column(_(name), justify=justify)
    handed = _handed_over()
    for found in reports:
        slug, totals = found["journey"], found["totals"]
        sent, withheld = handed.get((slug, "", ""), (0, 0))
        table.add_row(
            f"[bold]{slug}[/bold]",
            _("%(times)s entries") % {"times": f"{totals['entered']:,}"},
            *(
                f"{number:,}"
                for number in (totals["customers"], sent, withheld, totals["converted"])
            ),
        )
        for experiment in found["experiments"]:
            for arm in experiment["arms"]:
                table.add_row(
                    *_arm(experiment, arm, handed.get((slug, experiment["id"], arm["arm"]), (0, 0)))
                )
        table.add_section()
    return table


def _arm(
    experiment: dict[str, Any], arm: dict[str, Any], handed: tuple[int, int]
) -> tuple[str, ...]:
    compared = arm["lift"] is not None
    return (
        f"  {experiment['id']}",
        arm["arm"] + (" ·" + _("ghost") if arm["ghost"] else ""),
        *(f"{number:,}" for number in (arm["customers"], *handed, arm["conversions"])),
        "–" if arm["rate"] is None else f"{arm['rate']:.1%}",
        f"{arm['lift']:+.1%}" if compared else "–",
        f"{arm['low']:+.1%} … {arm['high']:+.1%}" if compared and arm["low"] is not None else "–",
        _(VERDICTS[arm["verdict"]]) if arm["arm"] != experiment["control"] else _("control"),
    )


def _handed_over() -> dict[tuple[str, str, str], tuple[int, int]]:
    """(sent, withheld) by journey, experiment and arm; the journey's sums under two empty names."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for journey, ghost, split, arm, sent, withheld in _rows(HANDED_OVER):
        group = ghost if ghost in ("holdout", "global") else "treated"
        places = [("", ""), ("holdout", group), ("global", group)] if not split else [(split, arm)]
        for place in places:
            before = found.get((journey, *place), (0, 0))
            found[journey, *place] = (before[0] + sent, before[1] + withheld)
    return found


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
