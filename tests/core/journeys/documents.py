"""Small documents that the tests of journeys share."""

from __future__ import annotations

from typing import Any

from journeys.core.check import check
from journeys.core.document import Document, parse
from journeys.core.plan import Plan, compile
from journeys.core.problem import DocumentError, Problem

CART = """\
journey: abandoned-cart
title: Abandoned cart
class: marketing
stage: acquisition
priority: 50
enter:
  on:
    - event: Cart Updated
      where: {value: {gte: 30}}
  if: {attribute: country, in: [DE, FR]}
  key: cart_id
  again: {after: 7d}
  holdout: 10
leave:
  on:
    - {event: Order Completed, where: {cart_id: {is: entry.cart_id}}}
  if: {attribute: blocked, eq: true}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: pause
    wait: 1h
  - id: test
    split:
      - {arm: A, share: 45, then: mail_a}
      - {arm: B, share: 45, then: mail_b}
      - {arm: control, share: 10, ghost: true, then: bought}
  - id: mail_a
    send: {channel: email, subject: "Your basket waits", html: "<p>…</p>", text: "…"}
    then: bought
  - id: mail_b
    send: {channel: email, template: cart-b}
  - id: bought
    wait_for:
      any:
        - {event: Order Completed, where: {cart_id: {is: entry.cart_id}}, then: end}
      timeout: 2d
      then: nudge
  - id: nudge
    send: {channel: [push, sms], text: "Still thinking?", title: "Your basket"}
"""

MAIL: dict[str, Any] = {"channel": "email", "subject": "Hello", "text": "Hello"}
VIP: dict[str, Any] = {"attribute": "vip", "eq": True}
DE: dict[str, Any] = {"attribute": "country", "eq": "DE"}


def mail(id: str, **more: Any) -> dict[str, Any]:
    """A step that sends the same mail."""
    return {"id": id, "send": MAIL, **more}


def raw(*steps: Any, **top: Any) -> dict[str, Any]:
    """A document that publishes without a word, around the steps given."""
    return {
        "journey": "test",
        "enter": {"on": {"event": "Signed Up"}, "holdout": 10},
        "goal": {"event": "Order Completed"},
        "steps": list(steps) or [mail("hello")],
        **top,
    }


def document(*steps: Any, **top: Any) -> Document:
    return parse(raw(*steps, **top))


def plan(*steps: Any, **top: Any) -> Plan:
    return compile(document(*steps, **top))


def form_problems(source: Any) -> list[Problem]:
    """What `parse` has to say."""
    try:
        parse(source)
    except DocumentError as error:
        return list(error.problems)
    return []


def all_problems(source: Any, **known: Any) -> list[Problem]:
    """What `parse` has to say, and `check` when it has nothing."""
    return form_problems(source) or check(parse(source), **known)


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in problems]
