"""The gates: their order, what each refuses, and what wins when several channels are asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.gate import OPEN, PAUSED, Facts, Go, Hold, Refuse, judge

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
ADDRESSES = {"email": "ann@example.com", "sms": "+4915112345678", "push": "https://push.example/1"}
ALL = ("email", "")
NEWS = ("email", "news")
ALL_OPEN = dict.fromkeys(ADDRESSES, OPEN)


def facts(**changes: Any) -> Facts:
    given = {
        "channels": ("email",), "transactional": False, "topic": "", "ghost": "",
        "expires_at": None, "addresses": ADDRESSES, "suppressed": {}, "consents": {},
        "policy": "opt_out", "accounts": ALL_OPEN,
    }  # fmt: skip
    return Facts(**{**given, **changes})


def verdict(**changes: Any) -> Any:
    return judge(facts(**changes), now=NOW)


def reason(**changes: Any) -> str:
    found = verdict(**changes)
    assert isinstance(found, Refuse)
    return f"{found.status}:{found.reason}"


def test_nothing_in_the_way_means_go() -> None:
    assert verdict() == Go("email", "ann@example.com")


def test_the_first_reason_in_the_fixed_order_is_the_one_given() -> None:
    """Expiry, suppression, consent, account, control group: each hides all that follow it."""
    obstacles: list[tuple[str, dict[str, Any]]] = [
        ("expired:expired", {"expires_at": NOW}),
        ("skipped:no_address", {"addresses": {}}),
        ("skipped:suppressed", {"suppressed": {"email": "bounced"}}),
        ("skipped:no_consent", {"consents": {("email", ""): "unsubscribed"}}),
        ("skipped:paused", {"paused_until": NOW}),
        ("skipped:no_account", {"accounts": {}}),
        ("withheld:holdout", {"ghost": "holdout"}),
    ]
    for number, (expected, _) in enumerate(obstacles):
        together: dict[str, Any] = {}
        for _, change in obstacles[number:]:
            together |= change
        assert reason(**together) == expected


def test_a_pause_closes_every_channel_to_marketing_and_names_its_end() -> None:
    both = ("email", "sms")
    found = verdict(channels=both, paused_until=NOW + timedelta(days=7))
    refused = {"reason": "paused", "until": "2026-12-08T10:00:00+00:00"}
    assert found == Refuse("skipped", "paused", {"email": refused, "sms": refused})
    assert isinstance(verdict(paused_until=NOW, transactional=True), Go)
    assert isinstance(verdict(channels=("push",), accounts={"push": PAUSED}), Hold)


def test_it_expires_at_its_very_instant() -> None:
    assert verdict(expires_at=NOW + timedelta(microseconds=1)) == Go("email", "ann@example.com")
    assert reason(expires_at=NOW) == "expired:expired"


@pytest.mark.parametrize(
    ("channel", "address", "valid"),
    [
        ("email", "ann@example.com", True), ("email", "ann", False), ("email", "a@b c", False),
        ("email", "a@b.example\r\nBcc: x", False), ("email", "Ann <a@b.example>", False),
        ("sms", "+4915112345678", True), ("sms", "0151123", False), ("sms", "+0151123456", False),
        ("push", "https://push.example/1", True),
    ],
)  # fmt: skip
def test_an_address_that_no_provider_takes_is_a_reason(
    channel: str, address: str, valid: bool
) -> None:
    found = verdict(channels=(channel,), addresses={channel: address})
    assert isinstance(found, Go) == valid
    if isinstance(found, Refuse):
        assert found.reason == "invalid_address"


@pytest.mark.parametrize(
    ("consents", "policy", "topic", "transactional", "goes"),
    [
        ({}, "opt_out", "", False, True),
        ({}, "opt_in", "", False, False),
        ({}, "opt_in", "", True, True),
        ({("email", ""): "subscribed"}, "opt_in", "", False, True),
        ({ALL: "subscribed", NEWS: "unsubscribed"}, "opt_in", "news", False, False),
        ({ALL: "unsubscribed", NEWS: "subscribed"}, "opt_out", "news", False, False),
        ({("email", "news"): "unsubscribed"}, "opt_out", "", False, True),
        ({("email", "news"): "unsubscribed"}, "opt_out", "news", True, False),
        ({("email", ""): "pending"}, "opt_out", "", False, False),
        ({("email", ""): "pending"}, "opt_out", "", True, True),
        ({("sms", ""): "unsubscribed"}, "opt_out", "", False, True),
    ],
)  # fmt: skip
def test_consent(consents: Any, policy: str, topic: str, transactional: bool, goes: bool) -> None:
    found = verdict(consents=consents, policy=policy, topic=topic, transactional=transactional)
    assert isinstance(found, Go) == goes


def test_a_suppression_stops_transactional_messages_too() -> None:
    assert reason(suppressed={"email": "complained"}, transactional=True) == "skipped:suppressed"


def test_channels_are_tried_in_the_order_asked() -> None:
    asked = ("push", "sms", "email")
    assert verdict(channels=asked) == Go("push", ADDRESSES["push"])
    without = {"sms": ADDRESSES["sms"], "email": ADDRESSES["email"]}
    assert verdict(channels=asked, addresses=without) == Go("sms", ADDRESSES["sms"])
    suppressed = {"sms": "bounced"}
    assert verdict(channels=asked, addresses=without, suppressed=suppressed).channel == "email"


def test_of_several_refusals_the_one_that_says_most_is_the_reason() -> None:
    found = verdict(
        channels=("push", "sms", "email"), addresses={"sms": "x", "email": "ann@example.com"},
        suppressed={"email": "bounced"},
    )  # fmt: skip
    assert found == Refuse(
        "skipped", "suppressed",
        {"push": {"reason": "no_address"}, "sms": {"reason": "invalid_address"},
         "email": {"reason": "suppressed", "because": "bounced"}},
    )  # fmt: skip


def test_a_paused_account_holds_the_message_unless_another_channel_is_open() -> None:
    paused = {**ALL_OPEN, "push": PAUSED}
    assert verdict(channels=("push",), accounts=paused) == Hold("account_paused")
    assert verdict(channels=("push", "email"), accounts=paused) == Go("email", "ann@example.com")
    assert verdict(channels=("push", "email"), accounts=paused, suppressed={"email": "x"}) == Hold(
        "account_paused"
    )


def test_a_ghost_is_withheld_where_it_would_have_been_sent() -> None:
    found = verdict(ghost="arm", channels=("push", "email"), addresses={"email": "ann@example.com"})
    assert found == Refuse("withheld", "arm", {"control": "arm"}, "email", "ann@example.com")


def test_without_any_channel_nobody_can_be_reached() -> None:
    assert reason(channels=()) == "skipped:no_address"


FACTS = st.builds(
    facts,
    channels=st.lists(st.sampled_from(sorted(ADDRESSES)), max_size=3).map(tuple),
    ghost=st.sampled_from(["", "holdout", "arm", "global"]),
    suppressed=st.dictionaries(st.sampled_from(sorted(ADDRESSES)), st.just("bounced")),
    consents=st.dictionaries(
        st.tuples(st.sampled_from(sorted(ADDRESSES)), st.sampled_from(["", "news"])),
        st.sampled_from(["subscribed", "unsubscribed", "pending"]),
    ),
    accounts=st.dictionaries(st.sampled_from(sorted(ADDRESSES)), st.sampled_from([OPEN, PAUSED])),
    addresses=st.dictionaries(st.sampled_from(sorted(ADDRESSES)), st.just("")).map(
        lambda none: {**ADDRESSES, **none}
    ),
    topic=st.sampled_from(["", "news"]),
    transactional=st.booleans(),
)  # fmt: skip


@given(FACTS)
def test_a_ghost_and_its_double_meet_the_same_fate(given_facts: Facts) -> None:
    """Withheld exactly when the same customer outside the control group would have been sent to."""
    import msgspec

    ghost = judge(msgspec.structs.replace(given_facts, ghost="holdout"), now=NOW)
    double = judge(msgspec.structs.replace(given_facts, ghost=""), now=NOW)
    if isinstance(double, Go):
        assert ghost == Refuse(
            "withheld", "holdout", {"control": "holdout"}, double.channel, double.address
        )
    else:
        assert ghost == double


@given(FACTS)
def test_nothing_goes_to_a_suppressed_or_unsubscribed_address(given_facts: Facts) -> None:
    found = judge(given_facts, now=NOW)
    if isinstance(found, Go):
        assert found.channel not in given_facts.suppressed
        assert given_facts.consents.get((found.channel, "")) != "unsubscribed"
        assert given_facts.accounts[found.channel] == OPEN
