"""Carries out `call` steps: requests rendered and put into the outbox, for many customers at once.

What cannot be rendered is a call that has failed.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from channels.core.call import CallDraft
from channels.core.template import TemplateProblem, compiled, scope
from channels.core.template_rules import Kind
from channels.operations import outbox
from journeys.core.decisions import Call
from journeys.core.steps.base import is_template
from journeys.queries.enrollments import Row
from journeys.queries.knowledge import texts_know
from journeys.queries.plans import Loaded
from profiles.queries.attributes import attributes_of, user_ids_of

MOST_BODY = 256 * 1024
BODILESS = frozenset({"GET", "DELETE"})
JSON = {"content-type": "application/json"}
WRITTEN = "%/:?#[]@!$&'()*+,;=~-._"
"""What an address may have as it is."""

_encode = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """One `call` step of one enrollment."""

    row: Row
    version: Loaded
    call: Call


def call_out(asked: Sequence[Asked], *, now: dt.datetime) -> None:
    """Put the calls of these steps into the outbox, in the caller's transaction."""
    if not asked:
        return
    customers = {each.row.customer_id for each in asked}
    attributes, user_ids = attributes_of(customers), user_ids_of(customers)
    drafts = []
    for each in asked:
        customer = each.row.customer_id
        known = {"id": customer, "user_id": user_ids.get(customer)}
        drafts.append(_draft(each, {**attributes.get(customer, {}), **known}))
    outbox.call(drafts, now=now)


def _draft(asked: Asked, customer: Mapping[str, Any]) -> CallDraft:
    row, version, call = asked
    try:
        url, headers, body, error = *_rendered(call, texts_know(row, version, customer)), ""
    except TemplateProblem as problem:
        url, headers, body, error = call.url, {}, None, str(problem)
    return CallDraft(
        customer_id=row.customer_id,
        enrollment_id=row.id,
        journey=version.slug,
        version=version.number,
        step=call.step,
        visit=call.visit,
        method=call.method,
        url=url,
        headers=headers,
        body=body,
        saves=call.saves,
        timeout=int(call.timeout.total_seconds()),
        retries=call.retries,
        error=error,
    )


def _rendered(call: Call, facts: Mapping[str, Any]) -> tuple[str, dict[str, str], str | None]:
    """Address, headers and body. Raises TemplateProblem."""
    variables = scope(facts)
    url = quote(_text(call.url, "address", variables), safe=WRITTEN)
    headers = {name: _text(text, "line", variables) for name, text in call.headers.items()}
    if call.body is None:
        return url, headers, None if call.method in BODILESS else ""
    body = _encode(_value(call.body, variables)).decode()
    if len(body) > MOST_BODY:
        raise TemplateProblem(f"the body has more than {MOST_BODY // 1024} KB")
    typed = any(name.lower() == "content-type" for name in headers)
    return url, headers if typed else {**JSON, **headers}, body


def _value(value: Any, variables: dict[str, Any]) -> Any:
    """Every text inside, rendered."""
    if isinstance(value, str):
        return _text(value, "text", variables)
    if isinstance(value, Mapping):
        return {key: _value(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner, variables) for inner in value]
    return value


def _text(source: str, kind: Kind, variables: dict[str, Any]) -> str:
    return compiled(source, kind).render(variables) if is_template(source) else source
