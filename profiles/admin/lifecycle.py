"""The versions of the lifecycle model: thresholds, cut-points, and how many each moved."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ReadOnlyAdmin, chip, display, moment
from profiles.models import LifecycleModel

DAY = 86_400


@admin.register(LifecycleModel)
class LifecycleModelAdmin(ReadOnlyAdmin):
    lead = _("The rules by which customers get their stage. Each version tells how many it moved.")
    list_display = ("version", "state", "cycle", "moved", "created", "activated", "note")
    ordering = ("-version",)
    sortable_by = ()
    facts = (*list_display, "thresholds", "cuts")

    @display(description=_("state"))
    def state(self, model: LifecycleModel) -> str:
        return (
            chip(gettext("active"), "success")
            if model.active
            else chip(gettext("not in use"), "muted")
        )

    @display(description=_("population cycle, days"))
    def cycle(self, model: LifecycleModel) -> float:
        return round(model.cycle_seconds / DAY, 1)

    @display(description=_("created"))
    def created(self, model: LifecycleModel) -> str:
        return moment(model.created_at)

    @display(description=_("activated"))
    def activated(self, model: LifecycleModel) -> str:
        return moment(model.activated_at)
