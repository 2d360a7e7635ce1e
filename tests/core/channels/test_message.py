"""The table of statuses: closed, monotone under receipts, whatever their order and number."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.message import (
    CAUSES,
    OUTCOMES,
    OWN_MOVES,
    PROVES,
    RANK,
    STATUSES,
    TERMINAL,
    TRANSITIONS,
    AccountSettings,
    Draft,
    decided,
    moved,
    strongest,
)
from channels.core.receipt import KINDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def settle(status: str, causes: list[str]) -> str:
    for cause in causes:
        status = moved(status, cause) or status
    return status


def test_every_status_and_cause_of_the_table_is_described() -> None:
    assert {old for old, _ in TRANSITIONS} | set(TRANSITIONS.values()) == set(STATUSES)
    assert {cause for _, cause in OWN_MOVES} == set(CAUSES)
    assert set(OUTCOMES) <= set(CAUSES)
    assert set(PROVES) == set(KINDS)
    assert set(STATUSES) - set(RANK) == {"skipped", "withheld"}


def test_a_send_that_goes_well_walks_from_queued_to_delivered() -> None:
    causes = ["claim", "accepted", "receipt.queued", "receipt.delivered", "receipt.opened"]
    assert settle("queued", causes) == "delivered"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("accepted", "sent"),
        ("retry", "queued"),
        ("account_broken", "queued"),
        ("permanent", "failed"),
        ("unknown", "unknown"),
    ],
)
def test_each_outcome_of_an_attempt_has_its_status(outcome: str, status: str) -> None:
    assert moved("sending", outcome) == status


def test_an_unknown_message_leaves_that_state_only_by_proof_or_decision() -> None:
    own = {cause for status, cause in OWN_MOVES if status == "unknown"}
    assert own == {"accepted", "retry", "permanent", "vouched", "drop", "resend"}
    assert moved("unknown", "claim") is None
    assert moved("unknown", "receipt.delivered") == "delivered"


def test_an_operator_decides_only_about_what_stopped() -> None:
    assert decided("sent") == {"unknown": "sent"}
    assert decided("drop") == {"unknown": "failed"}
    assert decided("resend") == {"unknown": "queued", "failed": "queued", "expired": "queued"}


def test_a_receipt_that_comes_before_our_own_commit_is_kept() -> None:
    assert settle("sending", ["receipt.delivered", "accepted"]) == "delivered"
    assert settle("sending", ["receipt.bounced", "unknown"]) == "bounced"


def test_a_queued_message_that_turns_out_delivered_is_not_sent_again() -> None:
    assert settle("queued", ["receipt.delivered", "claim"]) == "delivered"


def test_no_receipt_moves_what_was_never_handed_over() -> None:
    for status in ("skipped", "withheld"):
        assert all(moved(status, f"receipt.{kind}") is None for kind in KINDS)


def test_nothing_leaves_a_terminal_status_but_stronger_proof_or_an_operator() -> None:
    for (old, cause), new in TRANSITIONS.items():
        if old in TERMINAL and not cause.startswith("receipt."):
            assert cause == "resend"
        if old in TERMINAL and cause.startswith("receipt."):
            assert RANK[new] > RANK[old]


@given(
    start=st.sampled_from(sorted(STATUSES)),
    kinds=st.lists(st.sampled_from(sorted(PROVES)), max_size=5),
    copies=st.lists(st.integers(0, 4), max_size=4),
)
def test_receipts_in_any_order_and_number_end_in_one_state(
    start: str, kinds: list[str], copies: list[int]
) -> None:
    causes = [f"receipt.{kind}" for kind in kinds]
    repeated = causes + [causes[i] for i in copies if i < len(causes)]
    ends = {settle(start, list(order)) for order in permutations(causes)}
    assert len(ends) == 1
    assert settle(start, repeated) in ends
    assert settle(start, repeated[::-1]) in ends


@given(
    start=st.sampled_from(sorted(STATUSES)),
    kinds=st.lists(st.sampled_from(sorted(PROVES)), min_size=1, max_size=6),
)
def test_the_strongest_receipt_of_a_batch_stands_for_all_of_them(
    start: str, kinds: list[str]
) -> None:
    best = strongest(kinds)
    assert settle(start, [f"receipt.{best}"]) == settle(start, [f"receipt.{k}" for k in kinds])


def test_the_strongest_of_nothing_is_nothing() -> None:
    assert strongest([]) is None
    assert strongest(["nonsense"]) is None


def test_an_account_never_shows_its_secrets() -> None:
    account = AccountSettings(slug="main", adapter="twilio", options={"auth_token": "canary"})
    assert "canary" not in repr(account)
    assert "canary" not in str(account)


def test_a_draft_is_a_real_marketing_message_unless_told_otherwise() -> None:
    draft = Draft(
        customer_id=1,
        enrollment_id=None,
        journey="j",
        version=1,
        step="s",
        visit=1,
        channels=("email",),
        content_id=1,
        send_after=NOW,
    )
    assert (draft.purpose, draft.ghost, draft.expires_at) == ("marketing", "", None)
