"""A chart on a page of the admin: drawn by a script, and its numbers as a table and as CSV.

What is drawn and what stands in the table are made of the same rows.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import formats
from django.utils.translation import gettext as _

from profiles.core.cells import cell
from profiles.core.charts import Option

DASH = "–"
Kind = Literal["text", "number", "percent", "signed", "money", "decimal", "probability"]


class Column(NamedTuple):
    """A column of the table; numbers are kept as such and written by the reader's language."""

    label: str
    kind: Kind = "text"

    @property
    def is_number(self) -> bool:
        return self.kind != "text"


class Row(NamedTuple):
    """The values of a row, and the list that counts the same."""

    values: Sequence[Any]
    url: str = ""


class Chart(NamedTuple):
    """`note` says what is counted and of what; `told` is what the picture says in a sentence."""

    key: str
    title: str
    note: str
    option: Option
    columns: Sequence[Column]
    rows: Sequence[Row]
    told: str = ""
    empty: str = ""
    height: int = 300
    least: int = 0
    """So many pixels are the least width: in a narrower window it moves sideways."""
    query: str = ""
    """What the page was asked for beside the chart, for the address of its file."""

    page: str = ""
    """The address of the page whose chart it is, where it stands on another one, too."""

    @property
    def option_id(self) -> str:
        return f"{self.key}-option"

    @property
    def address(self) -> str:
        asked = f"{self.query}&" if self.query else ""
        begin = f"{self.page}&" if self.page else "?"
        return f"{begin}{asked}{urlencode({'csv': self.key})}"

    @property
    def table(self) -> list[list[tuple[Column, str, str]]]:
        """Every cell as it is read: its column, its text, and for the first one an address."""
        return [
            [
                (column, shown(column.kind, value), row.url if not index else "")
                for index, (column, value) in enumerate(zip(self.columns, row.values, strict=True))
            ]
            for row in self.rows
        ]


def shown(kind: Kind, value: Any) -> str:
    """A value as the reader's language writes it; a dash if it is not known."""
    if value is None:
        return DASH
    return WRITTEN[kind](value)


def number(value: float) -> str:
    return str(formats.number_format(value, force_grouping=True))


def percent(rate: float) -> str:
    return f"{formats.number_format(round(100 * rate, 1), 1)} %"


def signed(rate: float) -> str:
    sign = "+" if rate > 0 else "−" if rate < 0 else ""
    return sign + percent(abs(rate))


def money(value: Any) -> str:
    return str(formats.number_format(value, 2, force_grouping=True))


def _decimal(value: float) -> str:
    return str(formats.number_format(round(value, 1), 1, force_grouping=True))


def _probability(value: float) -> str:
    return str(formats.number_format(round(value, 3), 3))


WRITTEN: dict[Kind, Callable[[Any], str]] = {
    "text": str,
    "number": number,
    "percent": percent,
    "signed": signed,
    "money": money,
    "decimal": _decimal,
    "probability": _probability,
}


def share(part: float, whole: float) -> str:
    """`part` of `whole` in percent; a dash where nothing was counted."""
    return percent(part / whole) if whole else DASH


def ratio(part: float, whole: float) -> float | None:
    """`part` of `whole`; None where nothing was counted."""
    return part / whole if whole else None


def month_name(month: dt.date) -> str:
    """As a person writes a month: Mar 2026."""
    return str(formats.date_format(month, _("M Y")))


def answer(request: HttpRequest, charts: Iterable[Chart]) -> HttpResponse | None:
    """The file of the chart that `?csv=` asks for; None where the page itself is asked for."""
    asked = request.GET.get("csv")
    if asked is None:
        return None
    for chart in charts:
        if chart.key == asked:
            return _file(chart)
    raise Http404


def _file(chart: Chart) -> HttpResponse:
    """The table's numbers in full, with points in them whatever the language."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(cell(column.label) for column in chart.columns)
    for row in chart.rows:
        writer.writerow(_written(value) for value in row.values)
    return HttpResponse(
        "\ufeff" + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{chart.key}.csv"'},
    )


def _written(value: Any) -> Any:
    if value is None:
        return ""
    return cell(value) if isinstance(value, str) else value
