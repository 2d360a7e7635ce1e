"""Shapes of the HTTP answers, and the form in which keys are kept."""

from datetime import UTC, datetime, timedelta, timezone

from profiles.core.answers import Refused, instant_text
from profiles.core.api_keys import digest
from profiles.core.problems import Problem


def test_instants_are_written_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 12, 1, 12, 0, 0, 1999, timezone(timedelta(hours=2)))
    assert instant_text(at) == "2026-12-01T10:00:00.001Z"
    assert instant_text(datetime(2026, 12, 1, tzinfo=UTC)) == "2026-12-01T00:00:00.000Z"


def test_a_refusal_carries_its_reason() -> None:
    problem = Problem("steps[0]", "unknown", "No such step.")
    refused = Refused("invalid", "Mend the document.", status=409, problems=[problem])
    assert (refused.code, refused.status, refused.problems) == ("invalid", 409, [problem])
    assert str(refused) == "Mend the document."


def test_only_a_digest_of_a_key_is_kept() -> None:
    assert digest("key") == "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"
    assert digest("\ud800") != digest("key")
