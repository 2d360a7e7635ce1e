"""Random journeys, events, profiles, clocks, publishings, pauses and kills: whatever happens, the
engine and the naive model have everybody in the same place.

The model (`naive`) says what it knows. Left out where the documentation does not say which of two
things in one instant comes first: several events at once, walks of one customer that change what
the other one asks, and leave rules that hold already when somebody comes in.
"""

import datetime as dt
from typing import Any

import pytest
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from journeys.core import decide
from journeys.operations import publish
from profiles.core.cycle import DAY
from profiles.core.events import Incoming
from profiles.core.lifecycle import Thresholds
from profiles.operations.lifecycle_model import activate_model, edit_model
from tests.hurry import UNHURRIED
from tests.model import documents, publishing
from tests.model.engine import Engine, told_by
from tests.model.facts import Json, Person, duration
from tests.model.naive import Model
from tests.scenarios.lives import begin_again

pytestmark = pytest.mark.django_db(transaction=True)

STARTS = [
    dt.datetime(2026, 3, 20, 9, 7, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 16, 21, 30, tzinfo=dt.UTC),
]
"""Clocks change in Berlin on 29 March and 25 October."""
STORY = dt.timedelta(days=25)
"""Short enough for nobody to grow cold meanwhile: that would be an event."""
PATIENT = Thresholds(bounced=60 * DAY)
"""Nobody is lost half an hour after a visit either: whoever waits would be asked anew by that."""
VISITS = 4
CAST: dict[str, Json] = {
    "ann": {"email": "ann@example.com", "phone": "+12025550101", "timezone": "Europe/Berlin"},
    "ben": {"email": "ben@example.com", "timezone": "UTC"},
    "cat": {"phone": "+12025550103", "plan": "pro"},
}
LEAVING: dict[str, Json | None] = {"one": {"attribute": "plan", "eq": "pro"}, "two": None}
KEYED = {"one": False, "two": True}
WHO = st.sampled_from(sorted(CAST))
SLUGS = st.sampled_from(sorted(KEYED))
KILLS = st.one_of(*[st.just(())] * 4, st.sets(st.integers(0, 9), min_size=1, max_size=3))
GAPS = st.sampled_from(["0s", "0s", "20m", "1h", "5h", "10h", "1d", "2d", "3d"])
DEEDS = st.lists(
    st.tuples(
        GAPS,
        WHO,
        documents.NAMES,
        st.fixed_dictionaries({"n": st.integers(0, 3)}, optional={"cart": st.sampled_from("xy")}),
        st.sampled_from([0, 0, 0, 0, 0, 1, 5, 30, 100]),
        KILLS,
    ),
    min_size=2,
    max_size=5,
)
"""After a while, who does what, with what, told how many hours late; and when the engine dies."""
Deed = tuple[str, str, str, Json, int, Any]


class Machine(RuleBasedStateMachine):
    """The engine and the model, told the same things. `walks` are those there were to compare."""

    walks = 0

    def __init__(self) -> None:
        super().__init__()
        begin_again()

    @initialize(start=st.sampled_from(STARTS), data=st.data())
    def begins(self, start: dt.datetime, data: Any) -> None:
        self.engine, self.model = Engine(start), Model(start, VISITS)
        self.calls: list[Incoming] = []
        self.start = start
        kept = edit_model(thresholds=PATIENT, note="", now=start)
        activate_model(version=kept.version, now=start)
        for name, traits in CAST.items():
            self.engine.meet(name, **traits)
            person = Person(self.engine.id(name), dict(traits))
            self.model.people[name] = person
        self.engine.settle()
        for slug in KEYED:
            document = data.draw(
                documents.journeys(slug, keyed=KEYED[slug], leaving=LEAVING[slug]), label=slug
            )
            self.publish(document, {})

    def publish(self, document: Json, move: dict[str, str]) -> None:
        self.engine.publishes(document, move)
        publishing.publish(self.model, document["journey"], document, move)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            Machine.walks += len(told_by(self.model).walks)
        begin_again()

    @rule(deeds=DEEDS)
    def live(self, deeds: list[Deed]) -> None:
        for gap, who, name, properties, hours, kills in deeds:
            self.pass_by(gap, kills)
            self.do(who, name, properties, dt.timedelta(hours=hours), kills)
            self.are_in_the_same_place()

    @rule(deeds=DEEDS)
    def go_on_living(self, deeds: list[Deed]) -> None:
        self.live(deeds)

    def pass_by(self, by: str, kills: Any) -> None:
        if self.model.now < self.start + STORY:
            self.engine.kills = kills
            self.engine.passes(by)
            self.model.passes(duration(by))

    def do(self, who: str, name: str, properties: Json, ago: dt.timedelta, kills: Any) -> None:
        call = self.engine.call(who, name, **properties)
        call.at = self.model.now - ago
        self.calls.append(call)
        self.engine.kills = kills
        self.engine.happens(call)
        self.model.does(who, name, properties, ago=ago)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def is_said_twice(self, data: Any) -> None:
        self.engine.happens(data.draw(st.sampled_from(self.calls)))

    @rule(
        who=WHO,
        traits=st.sampled_from([
            {"plan": "pro"}, {"plan": "free"}, {"plan": None}, {"email": None},
            {"email": "new"}, {"timezone": "UTC"}, {"timezone": "Europe/Berlin"},
        ]),
    )  # fmt: skip
    def becomes(self, who: str, traits: Json) -> None:
        """Nobody shares an address: what that means is a matter of the gates, told elsewhere."""
        if traits.get("email"):
            traits = {"email": f"new-{who}@example.com"}
        self.engine.kills = ()
        self.engine.happens(
            Incoming(call="identify", name="identify", at=self.engine.now, user_id=who,
                     properties=traits)
        )  # fmt: skip
        self.model.becomes(who, **traits)

    @rule(by=GAPS, kills=KILLS)
    def passes(self, by: str, kills: Any) -> None:
        self.pass_by(by, kills)

    @rule(slug=SLUGS, data=st.data())
    def is_published(self, slug: str, data: Any) -> None:
        before = self.model.journeys[slug].document
        document = data.draw(
            documents.changed(before, keyed=KEYED[slug], leaving=LEAVING[slug]), label="document"
        )
        ids = [step["id"] for step in document["steps"]]
        steps = st.sampled_from([step["id"] for step in before["steps"]])
        goals = st.sampled_from(["leave", "stay", "end", *ids])
        self.engine.kills = ()
        self.publish(document, data.draw(st.dictionaries(steps, goals, max_size=2), label="move"))

    def state(self, slug: str) -> str:
        return self.model.journeys[slug].state

    @rule(
        slug=SLUGS,
        word=st.sampled_from(["pause", "pause", "resume", "resume", "resume", "stop"]),
        clock=st.sampled_from(["freeze", "run"]),
        overdue=st.sampled_from(["run", "leave"]),
        kills=KILLS,
    )
    def is_switched(self, slug: str, word: str, clock: str, overdue: str, kills: Any) -> None:
        now, state = self.engine.now, self.model.journeys[slug].state
        self.engine.kills = kills
        if word == "pause" and state == "live":
            publish.pause(slug, clock=clock, now=now)
            publishing.pause(self.model, slug, clock)
        elif word == "resume" and state == "paused":
            publish.resume(slug, now=now, overdue=overdue)
            publishing.resume(self.model, slug, overdue)
        elif word == "stop" and state != "stopped":
            publish.stop(slug, now=now)
            publishing.stop(self.model, slug)
        self.engine.settle()

    @invariant()
    def are_in_the_same_place(self) -> None:
        if hasattr(self, "engine"):
            found, expected = self.engine.told(), told_by(self.model)
            assert found.walks == expected.walks
            assert found.messages == expected.messages


@pytest.fixture(autouse=True)
def sandbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    settings.SOJOURN_TIME_ZONE = "UTC"
    monkeypatch.setattr(decide, "VISIT_LIMIT", VISITS)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(10, 8, id="a few stories"),
        pytest.param(70, 14, id="many stories", marks=pytest.mark.long),
    ],
)
def test_the_engine_does_what_the_model_does(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=with_settings(
            max_examples=examples, stateful_step_count=steps, suppress_health_check=UNHURRIED
        ),
    )
    assert Machine.walks > 0
