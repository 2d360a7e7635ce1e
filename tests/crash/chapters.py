"""What each test of this folder does to an installation, in an operator's words; for the page."""

from typing import NamedTuple


class Chapter(NamedTuple):
    """A test on the page: its title, what happens, and what is checked beyond the usual. A `brief`
    one has no line in the table.
    """

    title: str
    what: str
    checked: str = ""
    brief: bool = False


CHAPTERS = {
    "test_ten_killed_workers_and_a_shaky_provider": Chapter(
        "Workers are killed, and the provider is shaky",
        "`kill -9` of a worker process, of the whole worker, or of it and its pool at one instant,"
        " ten times during a campaign. Meanwhile the provider takes one message in a hundred and"
        " hangs up without an answer, and refuses another one in a hundred with a 503.",
        "What a killed process had begun is *in doubt*. The provider is asked: what it has counts"
        " as sent (*found*), what it has not is sent (*absent*), and nothing is sent on a guess.",
    ),
    "test_fifty_thousand_customers_and_two_hundred_killed_processes": Chapter(
        "The same at full size: 50,000 customers, 200 kills",
        "As above, two hundred times.",
    ),
    "test_a_broker_flushed_ten_times": Chapter(
        "The broker forgets everything",
        "`FLUSHALL` on Valkey, ten times: every queued task and every key is gone.",
        "Tasks are only wake-ups. Beat's sweeps find in the tables what the lost ones were about.",
    ),
    "test_a_broker_killed_and_hung_for_seconds": Chapter(
        "The broker is gone, and hangs",
        "For ten seconds Valkey is killed whenever it is started; for ten seconds it takes"
        " connections and answers nobody; and both again.",
        "The event API takes events all the time, for it needs the database only.",
    ),
    "test_a_database_that_crashes_ten_times": Chapter(
        "The database crashes",
        "PostgreSQL's main process is killed, or one of its backends, which makes it drop everybody"
        " and recover; ten times.",
        "While it is away the event API answers 503 with `Retry-After`; what it had answered 200 to"
        " is in the log.",
    ),
    "test_restarts_in_the_middle_leave_nothing_in_doubt": Chapter(
        "Restarts, as at a new release",
        "`manage.py up` is told to stop (SIGTERM) and started again in the middle of a campaign.",
        "It finishes the calls that it has begun and gives back the rest: nothing is in doubt.",
    ),
    "test_a_worker_that_slept_past_its_leases_sends_nothing_twice": Chapter(
        "A worker sleeps, and wakes too late",
        "A worker is stopped (SIGSTOP, as a frozen virtual machine is) with calls begun that have"
        " not left. Another one takes its messages over when its leases have ended. Then it wakes.",
        "The kernel has ended its pool: it sends nothing.",
    ),
    "test_two_schedulers_and_two_workers_open_each_slot_once": Chapter(
        "Two Beats, two workers",
        "A second Beat and a second worker run beside those of `manage.py up`, while schedules fall"
        " due and a campaign runs; Beats are killed at the moment of a slot.",
        "Each slot of each schedule is opened once, and brings one message for each customer.",
    ),
    "test_receipts_in_any_order_any_number_of_times_and_too_early": Chapter(
        "Receipts come shuffled, five times each, and too early",
        "The provider reports processed, delivered, opened and clicked messages (SMS: sent and"
        " delivered, or undelivered) with its signature. Every report comes five times, in a"
        " shuffled order; many come before Sojourn itself has written down that the message has"
        " left.",
        "The status of every message, the counts of the report and the event log are those that"
        " the provider's own log leads to, reckoned without any of our code.",
    ),
    "test_a_clock_that_jumps_25_hours_ahead_and_behind": Chapter(
        "The clock jumps 25 hours ahead, back, behind and back",
        "Every process, PostgreSQL and Valkey included, sees another time of day from one instant"
        " to the next, in the middle of calls, with workers killed before it and the provider"
        " shaky. The provider's own clock stays right.",
        "A clock that is more than `SOJOURN_MISFIRE_HOURS` ahead halts everything, as a restored"
        " backup does, so that nothing leaves before its time; when it is right again the operator"
        " lifts the halt. Beat goes on at once, leases of killed workers are taken over, and a"
        " daily schedule has each of its slots once.",
    ),
    "test_a_full_disk_refuses_loses_nothing_and_recovers": Chapter(
        "The disk is full",
        "The data of PostgreSQL and Valkey and all logs are on a small disk that fills up while"
        " events come in and a campaign runs; after a while there is room again.",
        "The event API answers 503 with one sentence, and nothing that it had answered 200 to is"
        " lost. Once there is room all goes on by itself.",
    ),
    "test_a_process_dies_at_every_named_point": Chapter(
        "A process dies at every named point of the path",
        "A process kills itself at each named point: in the middle of taking in events, before a"
        " wake-up, after a step and before its commit, after a claim, before and after the call of"
        " the provider, between two pools of calls, and in the middle of a callback.",
        "Requests that got no answer are repeated, as clients and providers do:"
        " here the web server dies too, and some get no answer. At the end all is reported by"
        " callbacks, and the statuses are what those say.",
    ),
    "test_after_a_death_at_every_point_nothing_is_lost_and_nothing_twice": Chapter(
        "The same on a few customers, all points",
        "As above on sixty customers, with one process each for web and worker, within seconds;"
        " run with every `make test`.",
    ),
    "test_after_a_death_at_one_point_nothing_is_lost_and_nothing_twice": Chapter(
        "The same on a few customers, each point alone",
        "As above, with one death.",
        brief=True,
    ),
    "test_a_campaign_survives_killed_workers_broker_and_database": Chapter(
        "One fault after the other",
        "Broker flushed and killed, workers killed, the database crashed, within a minute;"
        " run with `make test ARGS='-m long'`.",
    ),
}
"""By the name of the test, in the order of the page."""
