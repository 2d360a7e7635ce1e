"""What the admin's templates need to say numbers and moments the same way everywhere."""

import datetime as dt
import json
from typing import Any

from django import template
from django.contrib import admin
from django.db.models import Model
from django.template.defaultfilters import capfirst
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

DASH = "–"
register = template.Library()


@register.filter
def when(at: dt.datetime | None) -> SafeString | str:
    """An instant in the workspace's zone."""
    from profiles.admin.base import (
        moment,  # the theme loads tag libraries while it is itself being loaded
    )

    return moment(at)


@register.filter
def number(value: float | None) -> str:
    """A count with its thousands apart, as the reader's language writes it; a dash if unknown."""
    return DASH if value is None else formats.number_format(value, force_grouping=True)


@register.filter
def money(value: float | None) -> str:
    """An amount in the workspace's currency, with two decimals."""
    return DASH if value is None else formats.number_format(value, 2, force_grouping=True)


@register.filter
def percent(part: float | None, whole: float | None) -> str:
    """`part` of `whole` as a percentage; a dash when the base is zero or nothing was counted."""
    if part is None or not whole:
        return DASH
    return f"{formats.number_format(round(100 * part / whole, 1), 1)} %"


@register.filter
def share(rate: float | None) -> str:
    """A rate between 0 and 1 as a percentage."""
    return DASH if rate is None else f"{formats.number_format(round(100 * rate, 1), 1)} %"


@register.filter
def signed(rate: float | None) -> str:
    """A relative difference with its sign: +12.0 %."""
    if rate is None:
        return DASH
    sign = "+" if rate > 0 else "−" if rate < 0 else ""
    return f"{sign}{formats.number_format(abs(round(100 * rate, 1)), 1)} %"


@register.filter
def crumb(what: Any) -> str:
    """Where a page stands: the name of a row by its own admin, of anything else by itself."""
    if not isinstance(what, Model):
        return capfirst(str(what))
    owner: Any = admin.site._registry.get(type(what))
    return str(owner.row_title(what)) if hasattr(owner, "row_title") else str(what)


@register.filter
def deletion(what: Model) -> str:
    """What it means to delete this row, in its admin's words."""
    return str(getattr(admin.site._registry.get(type(what)), "deletion", ""))


@register.filter
def of_link(detail: str) -> str:
    """What became of a link, in the reader's language."""
    from channels.admin.words import link_detail

    return link_detail(detail)


@register.filter
def fact(value: Any) -> str:
    """A plain value of a document: a word for true and false, a dash for nothing."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else formats.localize(value, use_l10n=True)


@register.filter
def told(value: Any, kind: str) -> str:
    """A figure of a report by its kind, as the report's tables write it."""
    from profiles.admin.charts import shown

    return shown(kind, value)  # type: ignore[arg-type]  # templates know text alone


@register.filter
def pretty(value: Any) -> str:
    """JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)
