"""Tables of WHO: customers, what they did, what they agreed to, where they stand.

Facts about one row; no workflows.
"""

from profiles.models.access import ApiKey, Clock
from profiles.models.consent import Consent, ConsentChange
from profiles.models.customer import Customer, Identifier, Merge
from profiles.models.event import Event, EventKey
from profiles.models.lifecycle import LifecycleModel, LifecycleState
from profiles.models.segment import Membership, Segment

__all__ = [
    "ApiKey",
    "Clock",
    "Consent",
    "ConsentChange",
    "Customer",
    "Event",
    "EventKey",
    "Identifier",
    "LifecycleModel",
    "LifecycleState",
    "Membership",
    "Merge",
    "Segment",
]
