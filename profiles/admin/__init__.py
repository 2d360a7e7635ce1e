"""The admin of profiles: customers and all that is known of them."""

from profiles.admin import access, audit, consents, customers, events, lifecycle, merges

__all__ = ["access", "audit", "consents", "customers", "events", "lifecycle", "merges"]
