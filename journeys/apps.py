"""Registers the house with Django, and what it knows of a customer with the customer view."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        from journeys.queries import customer
        from profiles.queries.customers import register_section
        from profiles.queries.timeline import register_source

        register_section("journeys", customer.standing)
        register_source("decision", customer.reasons)
