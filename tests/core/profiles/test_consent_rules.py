"""What consent records mean for a message."""

import pytest

from profiles.core.consent import ConsentChange, refusal


@pytest.mark.parametrize(
    ("channel", "topic", "opt_out", "opt_in"),
    [
        ("", "", "", "no_consent"),
        ("subscribed", "", "", ""),
        ("", "subscribed", "", ""),
        ("unsubscribed", "", "unsubscribed", "unsubscribed"),
        ("unsubscribed", "subscribed", "unsubscribed", "unsubscribed"),
        ("subscribed", "unsubscribed", "topic_unsubscribed", "topic_unsubscribed"),
        ("", "unsubscribed", "topic_unsubscribed", "topic_unsubscribed"),
        ("pending", "", "consent_pending", "consent_pending"),
        ("subscribed", "pending", "consent_pending", "consent_pending"),
        ("pending", "subscribed", "", ""),
    ],
)
def test_a_refusal_always_counts_and_silence_depends_on_the_policy(
    channel: str, topic: str, opt_out: str, opt_in: str
) -> None:
    assert refusal(channel=channel, topic=topic, policy="opt_out") == opt_out
    assert refusal(channel=channel, topic=topic, policy="opt_in") == opt_in


def test_a_consent_has_a_known_state_and_a_channel() -> None:
    assert ConsentChange(customer_id=1, channel="email", state="pending").topic == ""
    with pytest.raises(ValueError, match="subscribed, unsubscribed, pending"):
        ConsentChange(customer_id=1, channel="email", state="maybe")
    with pytest.raises(ValueError, match="channel"):
        ConsentChange(customer_id=1, channel="", state="subscribed")
