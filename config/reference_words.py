"""What every key, operator and event means, one sentence each: the words of the reference pages.

The keys are those of the tables that the code runs by; no page is built where one is missing.
"""

from collections.abc import Mapping

Meanings = Mapping[str, str]

JOURNEY: Meanings = {
    "journey": "the journey's name in addresses and events: small letters, digits, dashes",
    "title": "how people call it",
    "class": "`marketing` (default), or `transactional`: no control groups, no consent needed,"
    " never to a suppressed or unsubscribed address",
    "stage": "the lifecycle stage it works for; groups journeys, decides nothing",
    "priority": "0–100, default 50; of what waits, the higher is handed over first",
    "topic": "the consent topic of its messages, unless a step names another",
    "enter.on": "the triggers: one or several",
    "enter.if": "the audience, judged on the customer's state after the event",
    "enter.key": "a property of the entry event: one running walk for each of its values",
    "enter.again": "whether somebody who left may come back: `never` (default), `always`,"
    " or a time after leaving",
    "enter.holdout": "percent of customers who walk as ghosts",
    "enter.limits.total": "how many may come in altogether, over all versions, control groups"
    " included",
    "enter.limits.day": "how many a day of the workspace's zone; a list is a ramp: a number for"
    " each of the first days on which somebody comes in, the last for all after",
    "enter.limits.hour": "how many an hour",
    "leave.on": "events that make a customer leave at once, wherever they stand",
    "leave.if": "a condition that does the same; judged at every event of the customer",
    "goal.event": "the event that counts as success",
    "goal.where": "which of these events count",
    "goal.within": "the window from entry; default 7d",
    "goal.value": "the property that is summed up as value",
    "steps": "what happens, from top to bottom; `then` jumps, `end` leaves",
}

TRIGGERS: Meanings = {
    "event": "an event arrives, one of Sojourn's own included",
    "event.where": "clauses over its properties",
    "stage": "the customer moves into this lifecycle stage from another one",
    "lifecycle": "the customer moves into this lifecycle segment from another one",
    "segment": "the customer comes into a segment",
    "segment.change": "`entered` (default), or `left`: out of it",
    "segment.existing": "`true`: those who are in it already come in too, once",
    "schedule": "one moment, ISO 8601, for all who satisfy `enter.if`",
    "schedule.local": "the moment is the wall time of each customer's own zone",
    "cron": "slots of five cron fields in the workspace's zone, for all who satisfy `enter.if`;"
    " missed slots run once",
    "date": "an attribute that holds a date; the customer comes in then, by their own clock",
    "date.offset": "before (`-5d`) or after the date",
    "date.at": "the time of day, instead of the one the date has",
    "date.yearly": "on every anniversary",
    "api": "`POST /api/v1/journeys/{slug}/enroll` names the customers, or an `enroll` step",
}

STEPS: Meanings = {
    "wait": "how long, from arrival;"
    " or by the clock: see [waiting](../journeys.md#waiting-by-the-clock)",
    "wait_for.any[].event": "an event that ends the wait",
    "wait_for.any[].where": "which of these events do",
    "wait_for.any[].if": "or a condition that does; judged on arrival and at every event",
    "wait_for.any[].then": "where to go then",
    "wait_for.if": "short for one condition in `any`",
    "wait_for.timeout": "how long at most; `never` needs to be said",
    "wait_for.then": "where to go when the time is out",
    "wait_for.since": "`entry`: an event between entry and this step counts too; default `step`",
    "branch[].if": "a condition; the first that is true decides",
    "branch[].then": "where to go then",
    "else": "where to go when none is true; default: the next step",
    "split[].arm": "the arm's name; a customer keeps an arm as long as the name exists",
    "split[].share": "percent; all shares sum to 100",
    "split[].then": "where to go",
    "split[].ghost": "`true` makes a control arm: from here on messages are recorded, not sent",
    "send.channel": "a channel, or several in order: the first that reaches the customer is taken",
    "send.fallback": "more channels, asked after those",
    "send.subject": "the subject of an e-mail",
    "send.html": "the body of an e-mail",
    "send.mjml": "the same as MJML; becomes the HTML",
    "send.text": "the text of an SMS, or the plain part of an e-mail",
    "send.title": "the title of a push message, or of one on your site",
    "send.body": "the text of a push message, or of one on your site",
    "send.url": "where a message by push or on your site leads",
    "send.image": "the picture of a message by push or on your site",
    "send.data": "more values for whatever shows the message",
    "send.template": "the slug of a template that brings all of the content",
    "send.locales": "what differs by language, such as `{fr: {subject: …}}`: `fr-CA` takes `fr`",
    "send.offer_ends": "when the offer is over: an instant, an attribute or `entry.PROPERTY`;"
    " no message about it leaves after that",
    "send.utm": "`false`: no [UTM parameters](../channels.md#utm-parameters) in links; or those"
    " that replace the setting's, and `false` for one to leave out",
    "send.topic": "the consent topic, instead of the journey's",
    "send.expires": "how long the message may wait, or stay on your site, before it is worthless",
    "send.on_skip": "`leave`: a customer whose message is refused leaves; default `continue`",
    "send.on_cap": (
        "where a [frequency cap](../channels.md#frequency-caps) is full: "
        "`skip` (default), `defer`, `leave` or `next_channel`"
    ),
    "send.variants": "contents by name, drawn in equal shares; kept like the arms of a split",
    "update.set": "attributes to set: values, or text with `{{ … }}`",
    "update.unset": "attributes to take away",
    "update.subscribe": "consents to record: `{channel, topic}`; without topic the whole channel",
    "update.unsubscribe": "the same, refused",
    "enroll": "the slug of another journey with the trigger `api`; the customer comes in there too",
    "call.url": "whom to call: `http` or `https`; templates may stand behind the host",
    "call.method": "default `POST`",
    "call.headers": "more headers, as text; those of the signature are set by themselves",
    "call.body": "any JSON; its texts may be templates",
    "call.save": "the name under which the JSON answer is kept: `context.NAME`",
    "call.timeout": "how long one attempt may take, 1s to 20s; default 10s",
    "call.retries": "how often it is tried again, 0 to 10; default 5",
    "call.on_error": "when it failed for good: `continue` (default), `leave`, or a step to go to",
    "leave": "a reason; the customer leaves, not as one who completed the journey",
}

CONDITIONS: Meanings = {
    "all": "every one of the list holds; an empty list is true",
    "any": "at least one of the list holds; an empty list is false",
    "not": "the one does not hold",
    "attribute": "an attribute of the profile compares so; dots lead into nested values",
    "event": "events of a name, counted or measured, of all time or `within` the last while",
    "sequence": "2 to 20 events `{event, where, within}`, each later than the one before it, at"
    " most its `within` later; all of them in the last `within`",
    "stage": "the lifecycle stage, or one of several",
    "lifecycle": "the lifecycle segment, or one of several",
    "consent": "the customer subscribed to the channel, or to one `topic` of it",
    "reachable": "the channel has an open address, consent allows it, and no pause is on",
    "message": "something happened to a message, perhaps of one `journey` and `step`",
    "in_journey": "the customer is on the way in this journey",
    "segment": "the customer is in this segment",
    "random": "a stable percentage of customers under the draw's own `salt`",
    "context": "what a `call` step has saved compares so; only in a journey, behind `enter`",
}

OPERATORS: Meanings = {
    "eq": "is equal; types are never coerced",
    "ne": "is not equal; true for missing",
    "gt": "is greater; numbers with numbers, texts with texts, ISO dates as instants",
    "gte": "is greater or equal",
    "lt": "is less",
    "lte": "is less or equal",
    "in": "is one of the list",
    "not_in": "is none of the list; true for missing",
    "contains": "the list has the value, or the text has the text",
    "not_contains": "the opposite; true for missing",
    "starts_with": "the text begins so",
    "ends_with": "the text ends so",
    "exists": "`true`: there is a value; `false`: there is none",
    "before": "the date is earlier",
    "after": "the date is later",
    "within_last": "the date lies in the last while",
    "within_next": "the date lies in the next while",
    "ieq": "is equal but for case, in every script",
    "icontains": "contains but for case",
    "is": "is equal to a property of the entry event, such as `entry.cart_id`",
}

WANTED: Meanings = {
    "value": "a value",
    "ordered": "a number, a text or a date",
    "values": "a list of values",
    "scalar": "a value",
    "text": "a text",
    "flag": "`true` or `false`",
    "instant": "an ISO date",
    "duration": "a duration",
    "entry": "`entry.PROPERTY`",
}

AGGREGATES: Meanings = {
    "count": "how many events",
    "sum": "the sum of a property",
    "avg": "the mean of a property",
    "min": "the least value of a property",
    "max": "the greatest value of a property",
    "distinct": "how many different values of a property",
    "first_at": "when the first one happened",
    "last_at": "when the last one happened",
}

EVENTS: Mapping[str, tuple[str, str]] = {
    "customer.created": ("a customer was seen for the first time", ""),
    "customer.merged": ("another customer was merged into this one", "merged, into, cause"),
    "consent.changed": (
        "a consent was given, taken or confirmed; a pause of all channels (`*`) began or ended",
        "channel, topic, state, previous, source, of a pause until",
    ),
    "lifecycle.changed": (
        "the customer moved to another lifecycle segment",
        "from, to, stage, previous_stage, lost_stage, previous_lost_stage, cause",
    ),
    "journey.requested": (
        "a step asked for another journey",
        "journey, from_journey, hops, and what the entry event had",
    ),
    "journey.entered": ("the customer came in", "journey, version, enrollment, key, ghost"),
    "journey.left": (
        "the customer left, or completed the journey",
        "journey, enrollment, completed, reason",
    ),
    "journey.converted": ("the goal was reached", "journey, enrollment, ghost, value"),
    "message.sent": ("the provider took a message", "*; of an SMS segments, cost, currency"),
    "message.withheld": ("a control customer would have been sent it", "*"),
    "message.skipped": ("a gate refused it, or its time ran out", "*, reason, inputs"),
    "message.delivered": ("it reached the mailbox or device", "*"),
    "message.opened": ("a person saw it; what software opens is not counted", "*"),
    "message.clicked": (
        "a person followed a link in it, or pressed a button",
        "*, url, action, text",
    ),
    "message.bounced": ("it came back", "*, bounce"),
    "message.complained": ("it was reported as spam", "*"),
    "message.unsubscribed": ("the customer asked for no more", "*"),
    "message.failed": ("it will not be delivered", "*, reason"),
    "message.replied": ("the customer wrote back", "*, text, intent"),
}
"""Meaning and properties; `*` are those that every message event has."""

RESERVED = frozenset({"segment.entered", "segment.left"})
"""Names kept for later; clients may not use them either."""

PROBLEMS: Meanings = {
    "syntax": "the text is no YAML or JSON",
    "duplicate_key": "a mapping has a key twice",
    "not_plain": "YAML that is more than plain data",
    "too_large": "the document is too large",
    "unknown_key": "there is no such key here",
    "wrong_type": "the value has the wrong type",
    "invalid": "the value is not possible",
    "ambiguous": "two things that exclude each other",
    "missing": "something has to be said here",
    "no_trigger": "nothing lets customers in",
    "no_steps": "there is no step",
    "too_many_steps": "there are too many steps",
    "duplicate_id": "two steps have one id",
    "reserved_id": "`end` cannot be a step's id",
    "duplicate_arm": "two arms have one name",
    "unknown_step": "a way leads to no step",
    "unreachable": "nobody can come to the step",
    "endless_loop": "a circle without a wait",
    "shares": "the shares of a split do not sum to 100",
    "no_timeout": "a `wait_for` without a time-out",
    "condition": "a condition is wrong",
    "template": "a text does not compile",
    "unknown_journey": "there is no such journey yet",
    "unknown_template": "there is no such template",
    "unknown_channel": "there is no such channel",
    "unknown_segment": "there is no such lifecycle segment",
    "unknown_stage": "there is no such lifecycle stage",
    "unknown_attribute": "no customer has the attribute",
    "unknown_context": "no step saves under the name",
    "render_error": "a text fails for somebody; a warning where it reads what nobody knows yet",
    "broken_link": "a link does not open; a warning with `SOJOURN_LINK_CHECK=warn`",
    "broken_image": "an image does not open; likewise",
    "offer_over": "the offer has ended",
    "leads_nowhere": "a link has no address for some customers",
    "empty_audience": "nobody fulfils the condition of `enter` now",
    "unreachable_audience": "the step reaches nobody of a sample of the audience",
    "missing_consent": "half of those who have an address, or more, have not agreed to it",
    "offer_ends_first": "the offer ends while the journey can still send",
    "no_goal": "the report cannot tell what the journey brings",
    "no_holdout": "the lift cannot be measured",
    "holdout_ignored": "a transactional journey has no control group",
    "after_leave": "the step before always leaves",
    "never_ends": "from here no way leads out",
    "self_trigger": "the journey triggers itself",
}
