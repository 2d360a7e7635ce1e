"""Beat's tables in the theme. Our own entries are put back at every start; others may be added."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from profiles.admin.base import BaseAdmin, display, moment

admin.site.unregister(
    [PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule]
)


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The theme's select with the registered tasks as its choices."""


class TaskForm(beat.PeriodicTaskForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, BaseAdmin):
    form = TaskForm
    list_display = ("name", "task", "runs", "enabled", "last_run")
    list_filter = ("enabled",)
    date_hierarchy = None
    sortable_by = ("name",)

    @display(description=_("schedule"))
    def runs(self, task: PeriodicTask) -> str:
        return str(task.scheduler)

    @display(description=_("last run"))
    def last_run(self, task: PeriodicTask) -> SafeString | str:
        return moment(task.last_run_at)


@admin.register(IntervalSchedule)
class IntervalAdmin(beat.IntervalScheduleAdmin, BaseAdmin):
    inlines = ()


@admin.register(CrontabSchedule)
class CrontabAdmin(beat.CrontabScheduleAdmin, BaseAdmin):
    inlines = ()


@admin.register(SolarSchedule)
class SolarAdmin(beat.SolarScheduleAdmin, BaseAdmin):
    inlines = ()


@admin.register(ClockedSchedule)
class ClockedAdmin(beat.ClockedScheduleAdmin, BaseAdmin):
    inlines = ()
