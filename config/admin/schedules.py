"""Beat's tables in the theme. Our own entries are put back at every start; others may be added."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
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

from profiles.admin.base import DASH, BaseAdmin, display, moment

admin.site.unregister(
    [PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule]
)


def in_words(crontab: CrontabSchedule | None) -> str:
    """When a crontab comes due; what is no plain time of every day stays as it is written."""
    if crontab is None:
        return DASH
    daily = {crontab.day_of_month, crontab.month_of_year, crontab.day_of_week} == {"*"}
    if daily and crontab.hour.isdecimal() and crontab.minute.isdecimal():
        at = f"{int(crontab.hour):02}:{int(crontab.minute):02} {crontab.timezone}"
        return gettext("every day at %s") % at
    return str(crontab)


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The theme's select with the registered tasks as its choices."""


class TaskForm(beat.PeriodicTaskForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, BaseAdmin):
    lead = _("What runs by itself and when. Sojourn’s own tasks come back at every start.")
    deletion = _("A task of Sojourn itself comes back at the next start.")
    form = TaskForm
    list_display = ("name", "does", "runs", "enabled", "last_run")
    list_filter = ("enabled",)
    date_hierarchy = None
    sortable_by = ("name",)

    @display(description=_("schedule"))
    def runs(self, task: PeriodicTask) -> str:
        return in_words(task.crontab) if task.crontab else str(task.scheduler)

    @display(description=_("task"))
    def does(self, task: PeriodicTask) -> str:
        return str(task.task)

    @display(description=_("in words"))
    def crontab_translation(self, task: PeriodicTask) -> str:
        return in_words(task.crontab)

    @display(description=_("last run"))
    def last_run(self, task: PeriodicTask) -> SafeString | str:
        return moment(task.last_run_at)


@admin.register(IntervalSchedule)
class IntervalAdmin(beat.IntervalScheduleAdmin, BaseAdmin):
    lead = _("Every so often: schedules that periodic tasks choose from.")
    deletion = _("The periodic tasks on this schedule go with it.")
    inlines = ()


@admin.register(CrontabSchedule)
class CrontabAdmin(beat.CrontabScheduleAdmin, BaseAdmin):
    list_display = ("__str__", "reads")
    fields = ("reads", *beat.CrontabScheduleAdmin.fields[1:])
    readonly_fields = ("reads",)
    lead = _("At set times: schedules that periodic tasks choose from.")
    deletion = _("The periodic tasks on this schedule go with it.")
    inlines = ()

    @display(description=_("in words"))
    def reads(self, crontab: CrontabSchedule) -> str:
        return in_words(crontab)


@admin.register(SolarSchedule)
class SolarAdmin(beat.SolarScheduleAdmin, BaseAdmin):
    lead = _("By the sun: schedules that periodic tasks choose from.")
    deletion = _("The periodic tasks on this schedule go with it.")
    inlines = ()


@admin.register(ClockedSchedule)
class ClockedAdmin(beat.ClockedScheduleAdmin, BaseAdmin):
    lead = _("Once, at one moment: schedules that periodic tasks choose from.")
    deletion = _("The periodic tasks on this schedule go with it.")
    inlines = ()
