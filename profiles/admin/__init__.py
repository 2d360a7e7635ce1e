"""The admin of profiles: customers and all that is known of them."""

from profiles.admin import access, consents, customers, events, lifecycle, merges

__all__ = ["access", "consents", "customers", "events", "lifecycle", "merges"]
