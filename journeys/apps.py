"""Registers the house with Django, and what it knows of a customer with the customer view."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        from channels.queries.budgets import register_expected
        from journeys.queries import customer, expected, journeys
        from profiles.queries.customers import register_section
        from profiles.queries.segments import register_use
        from profiles.queries.timeline import register_source

        register_expected(expected.expected)
        register_use(journeys.using_segment)
        register_section("journeys", customer.standing)
        register_source("decision", customer.reasons)
