"""The words of journeys as people read them, and the tone of each state."""

from django.utils.translation import gettext_lazy as _

from profiles.admin.base import Words

STATES: Words = {
    "draft": _("draft"),
    "live": _("live"),
    "paused": _("paused"),
    "stopped": _("stopped"),
}
STATE_TONES = {"draft": "none", "live": "success", "paused": "warning", "stopped": "muted"}

STATUSES: Words = {
    "active": _("on the way"),
    "completed": _("completed"),
    "left": _("left"),
}
STATUS_TONES = {"active": "info", "completed": "success", "left": "muted"}

TOTALS: Words = {
    "entered": _("Entered"),
    "active": _("On the way"),
    "completed": _("Completed"),
    "left": _("Left before the end"),
    "converted": _("Converted"),
}

KINDS: Words = {
    "send": _("message"),
    "wait": _("wait"),
    "wait_for": _("wait for an event"),
    "branch": _("branch"),
    "split": _("split"),
    "update": _("update of the profile"),
    "enroll": _("enroll"),
    "call": _("call"),
    "leave": _("leave"),
}

CHANGES: Words = {
    "added": _("new"),
    "changed": _("changed"),
    "removed": _("removed"),
    "same": _("as before"),
}

DECISIONS: Words = {
    "entered": _("Came in"),
    "refused_already_in": _("Not admitted: in the journey already"),
    "refused_entered_before": _("Not admitted: was in the journey before"),
    "refused_too_soon": _("Not admitted: too soon after the last time"),
    "refused_limit": _("Not admitted: the limit is reached"),
    "refused_audience": _("Not admitted: outside the audience"),
    "wait_started": _("Waits"),
    "enroll_requested": _("Asked for another journey"),
    "enroll_withheld": _("Not enrolled elsewhere: in a control group, or too many times in a row"),
    "call_made": _("Asked another system"),
    "call_withheld": _("Nobody was asked: in a control group"),
    "call_answered": _("The other system answered"),
    "call_failed": _("The other system could not be asked"),
    "wait_passed": _("Nothing to wait for"),
    "date_past": _("The date has passed"),
    "date_missing": _("There is no date to wait for"),
    "awaiting": _("Waits for an event"),
    "met_at_once": _("What it waits for has happened already"),
    "timed_out_at_once": _("Too late to wait"),
    "branch_taken": _("Took a branch"),
    "arm_drawn": _("Drew an arm"),
    "arm_kept": _("Kept the arm drawn before"),
    "message_planned": _("Planned a message"),
    "profile_recorded": _("Updated the profile"),
    "left": _("Left"),
    "left_by_rule": _("Left by a leave rule"),
    "window_missed": _("The window had closed: waits for the next"),
    "wait_over": _("The wait is over"),
    "case_met": _("What it waited for happened"),
    "timed_out": _("Waited in vain"),
    "completed": _("Completed the journey"),
    "visit_limit": _("Stopped: passed one step too often"),
    "moved": _("Came along to a new version"),
    "moved_by_hand": _("Moved here by hand"),
    "taken_out": _("Taken out by hand"),
    "moved_out": _("Left when a new version was published"),
    "overdue_while_paused": _("Left: came due while the journey was paused"),
    "journey_stopped": _("Left: the journey was stopped"),
    "template_error": _("An attribute's template failed"),
}

COMPARISONS: Words = {
    "holdout": _("Compared with the holdout of the journey"),
    "global": _("Compared with the global control group"),
}

ARMS: Words = {
    "treated": _("in the journey"),
    "holdout": _("holdout"),
    "global": _("control group"),
}

VERDICTS: Words = {
    "not_measurable": _("Not measurable: there is no control group to compare with."),
    "too_early": _("Too early to tell: more customers or conversions are needed."),
    "no_difference": _("No proven difference so far."),
    "better": _("Proven better than the control group."),
    "worse": _("Proven worse than the control group."),
    "srm": _(
        "Not to be trusted: the arms' sizes differ from their shares more than chance allows."
    ),
}
VERDICT_TONES = {"better": "success", "worse": "danger", "srm": "danger", "too_early": "info"}

SET_ASIDE: Words = {"event": _("event"), "enrollment": _("customer in a journey")}
