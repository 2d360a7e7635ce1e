"""Where this house keeps what is about one person: see profiles.queries.personal."""

from profiles.queries.personal import Place

PLACES = (
    Place(
        "walks",
        "journeys_enrollment",
        blank="key = '', entry = '{}', entry_event_id = NULL, context = '{}', met = NULL,"
        " due_at = NULL, goal_until = NULL,"
        " left_at = CASE WHEN status = 'active' THEN %(now)s ELSE left_at END,"
        " left_reason = CASE WHEN status = 'active' THEN 'erased' ELSE left_reason END,"
        " status = CASE WHEN status = 'active' THEN 'left' ELSE status END",
    ),
    Place("waits", "journeys_wait"),
    Place("decisions", "journeys_decision", blank="inputs = '{}'", order="t.at, t.id"),
    Place(
        "conversions",
        "journeys_conversion",
        "t.enrollment_id IN (SELECT e.id FROM journeys_enrollment e"
        " WHERE e.customer_id = ANY(%(customers)s))",
        blank="event_id = 0",
        order="t.enrollment_id",
    ),
    Place("coming_dates", "journeys_dateentry"),
    Place("set_aside", "journeys_setaside"),
)
