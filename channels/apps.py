"""Registers the house with Django, and its channels with the condition language."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        from channels.queries import confirm, reach
        from profiles.queries import confirmations

        reach.register()
        confirmations.register(confirm.addresses)
