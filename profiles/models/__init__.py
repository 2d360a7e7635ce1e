"""Tables of WHO: customers, what they did, what they agreed to, where they stand.

Facts about one row; no workflows.
"""

from profiles.models.access import ApiKey, Clock
from profiles.models.consent import Consent, ConsentChange
from profiles.models.customer import Customer, Identifier, Merge
from profiles.models.event import Event, EventKey
from profiles.models.history import Cohort, StageMove
from profiles.models.lifecycle import LifecycleModel, LifecycleState
from profiles.models.privacy import AuditEntry, ErasedAddress
from profiles.models.segment import Membership, Segment, SegmentSize

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Clock",
    "Cohort",
    "Consent",
    "ConsentChange",
    "Customer",
    "ErasedAddress",
    "Event",
    "EventKey",
    "Identifier",
    "LifecycleModel",
    "LifecycleState",
    "Membership",
    "Merge",
    "Segment",
    "SegmentSize",
    "StageMove",
]
