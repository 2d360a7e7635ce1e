"""The user_id wins, visitors join on identify, known customers only by alias. Never by guess."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from profiles.core.events import Incoming
from profiles.core.identity import ANONYMOUS, USER, Joining, Key, Owner, keys_of, resolve

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ANN, BEN, COOKIE = (USER, "ann"), (USER, "ben"), (ANONYMOUS, "cookie")


def call(kind: str, user: str = "", visitor: str = "", previous: str = "") -> Incoming:
    return Incoming(
        call=kind, name=kind, at=NOW, user_id=user, anonymous_id=visitor, previous_id=previous
    )


def known(customer_id: int) -> Owner:
    return Owner(customer_id, True)


def visitor(customer_id: int) -> Owner:
    return Owner(customer_id, False)


def test_a_stranger_becomes_a_customer_with_both_ids() -> None:
    found = resolve([call("track", "ann", "cookie")], {})
    assert found.subjects == found.created == [-1]
    assert found.links == {ANN: -1, COOKIE: -1}
    assert not found.joinings


def test_new_customers_are_numbered_in_document_order() -> None:
    calls = [call("track", "b"), call("page", visitor="a"), call("track", "b"), call("track", "c")]
    found = resolve(calls, {})
    assert (found.subjects, found.created) == ([-1, -2, -1, -3], [-1, -2, -3])


def test_an_unknown_visitor_id_is_linked_to_the_user_of_the_call() -> None:
    found = resolve(
        [call("track", "ann", "cookie"), call("page", visitor="cookie")], {ANN: known(7)}
    )
    assert (found.subjects, found.links) == ([7, 7], {COOKIE: 7})


def test_identify_names_the_visitor() -> None:
    found = resolve([call("identify", "ann", "cookie")], {COOKIE: visitor(7)})
    assert (found.subjects, found.created, found.links) == ([7], [], {ANN: 7})
    assert found.visitors == {7}


def test_identify_joins_the_visitor_to_the_known_customer() -> None:
    found = resolve([call("identify", "ann", "cookie")], {ANN: known(1), COOKIE: visitor(7)})
    assert (found.subjects, found.joinings) == ([1], [Joining(1, 7, "identify")])
    assert found.visitors == {7}


def test_other_calls_join_nobody() -> None:
    owners = {ANN: known(1), COOKIE: visitor(7)}
    found = resolve([call("track", "ann", "cookie"), call("page", visitor="cookie")], owners)
    assert (found.subjects, found.joinings, found.links) == ([1, 7], [], {})
    fresh = resolve([call("track", "ben", "cookie")], {COOKIE: visitor(7)})
    assert (fresh.subjects, fresh.links) == ([-1], {BEN: -1})


def test_a_shared_device_stays_with_its_first_user_and_calls_go_to_the_user_they_name() -> None:
    owners = {ANN: known(1), COOKIE: known(1)}
    calls = [call(kind, "ben", "cookie") for kind in ("identify", "track")]
    calls.append(call("page", visitor="cookie"))
    found = resolve(calls, owners)
    assert (found.subjects, found.links, found.joinings) == ([-1, -1, 1], {BEN: -1}, [])
    again = resolve(calls, {**owners, BEN: known(2)})
    assert (again.subjects, again.joinings) == ([2, 2, 1], [])


def test_alias_joins_two_known_customers() -> None:
    owners = {ANN: known(1), BEN: known(2)}
    found = resolve([call("alias", "ann", previous="ben")], owners)
    assert (found.subjects, found.joinings) == ([1], [Joining(1, 2, "alias")])
    assert not found.visitors


def test_alias_joins_a_visitor() -> None:
    owners = {ANN: known(1), COOKIE: visitor(7)}
    found = resolve([call("alias", "ann", previous="cookie")], owners)
    assert found.joinings == [Joining(1, 7, "alias")]


def test_alias_gives_an_existing_customer_a_new_user_id() -> None:
    found = resolve([call("alias", "ann", previous="ben")], {BEN: known(2)})
    assert (found.subjects, found.links, found.joinings) == ([2], {ANN: 2}, [])


def test_alias_of_an_unknown_id_holds_whenever_that_id_turns_up() -> None:
    found = resolve([call("alias", "ann", previous="ben")], {})
    assert found.links == {ANN: -1, BEN: -1, (ANONYMOUS, "ben"): -1}
    later = resolve([call("alias", "ann", previous="ben")], {ANN: known(1)})
    assert later.links == {BEN: 1, (ANONYMOUS, "ben"): 1}


def test_alias_of_oneself_changes_nothing() -> None:
    found = resolve([call("alias", "ann", previous="ann")], {ANN: known(1)})
    assert (found.subjects, found.links, found.joinings) == ([1], {}, [])


def test_repeating_a_joining_changes_nothing() -> None:
    calls = [call("identify", "ann", "cookie")] * 3 + [call("alias", "ann", previous="cookie")]
    found = resolve(calls, {ANN: known(1), COOKIE: visitor(7)})
    assert found.joinings == [Joining(1, 7, "identify")]


def test_who_is_new_and_joined_in_one_batch_is_never_created() -> None:
    calls = [
        call("page", visitor="cookie"),
        call("track", "ben"),
        call("identify", "ann", "cookie"),
    ]
    found = resolve(calls, {ANN: known(1)})
    assert (found.subjects, found.created, found.joinings) == ([1, -2, 1], [-2], [])


def test_a_stored_visitor_is_kept_before_a_user_who_is_new_in_the_batch() -> None:
    calls = [call("track", "ann"), call("identify", "ann", "cookie")]
    found = resolve(calls, {COOKIE: visitor(7)})
    assert (found.subjects, found.created, found.joinings) == ([7, 7], [], [])
    assert found.links == {ANN: 7}


def test_a_chain_of_joinings_ends_at_its_last_customer_in_order_of_precedence() -> None:
    owners = {
        (USER, "a"): known(1),
        (USER, "b"): known(2),
        (USER, "c"): known(3),
        COOKIE: visitor(9),
    }
    calls = [
        call("identify", "a", "cookie"),
        call("alias", "b", previous="a"),
        call("alias", "c", previous="b"),
    ]
    found = resolve(calls, owners)
    assert found.joinings == [
        Joining(3, 2, "alias"),
        Joining(3, 1, "alias"),
        Joining(3, 9, "identify"),
    ]
    assert found.subjects == [3, 3, 3]


def test_every_identifier_that_decides_is_asked_for() -> None:
    calls = [call("track", "ann", "cookie"), call("alias", "ben", previous="x")]
    assert keys_of(calls) == {ANN, COOKIE, BEN, (USER, "x"), (ANONYMOUS, "x")}


_names = st.sampled_from(["a", "b", "c"])
_calls = st.lists(
    st.one_of(
        st.builds(call, st.sampled_from(["track", "identify"]), _names, _names | st.just("")),
        st.builds(call, st.sampled_from(["track", "page", "identify"]), st.just(""), _names),
        st.builds(call, st.just("alias"), _names, st.just(""), _names),
    ),
    max_size=8,
)


class Town:
    """Stored customers, as the database would keep them after each batch."""

    def __init__(self) -> None:
        self.owner: dict[Key, int] = {}
        self.into: dict[int, int] = {}
        self.people = 0

    def take(self, calls: list[Incoming]) -> list[int]:
        asked = {key: self.owner[key] for key in keys_of(calls) if key in self.owner}
        users = {owner for (kind, _), owner in self.owner.items() if kind == USER}
        found = resolve(calls, {key: Owner(who, who in users) for key, who in asked.items()})
        ids = {ref: self.people + number for number, ref in enumerate(found.created, 1)}
        self.people += len(ids)
        assert not found.visitors & users
        assert not found.links.keys() & asked.keys()
        self.owner.update({key: ids.get(ref, ref) for key, ref in found.links.items()})
        survivors = {pair.survivor for pair in found.joinings}
        for pair in found.joinings:
            assert pair.merged not in survivors
            self.into[pair.merged] = pair.survivor
        self.owner = {key: self.today(who) for key, who in self.owner.items()}
        return [ids.get(ref, ref) for ref in found.subjects]

    def today(self, who: int) -> int:
        while who in self.into:
            who = self.into[who]
        return who


def grouping(town: Town, subjects: list[int]) -> tuple[set[frozenset[Key]], list[frozenset[int]]]:
    """Who is whom, without regard to the numbers that customers got."""
    people: dict[int, set[Key]] = {}
    for key, who in town.owner.items():
        people.setdefault(who, set()).add(key)
    today = [town.today(who) for who in subjects]
    calls = [frozenset(n for n, other in enumerate(today) if other == who) for who in today]
    return {frozenset(keys) for keys in people.values()}, calls


@given(past=_calls, calls=_calls)
def test_a_batch_means_what_its_calls_mean_one_by_one(
    past: list[Incoming], calls: list[Incoming]
) -> None:
    whole, single = Town(), Town()
    whole.take(past)
    single.take(past)
    together = whole.take(calls)
    alone = [who for one in calls for who in single.take([one])]
    assert grouping(whole, together) == grouping(single, alone)


@given(calls=_calls)
def test_taking_the_same_calls_again_joins_and_creates_nobody(calls: list[Incoming]) -> None:
    town = Town()
    town.take(calls)
    town.take(calls)
    people = town.people
    owners = dict(town.owner)
    town.take(calls)
    assert (town.people, town.owner) == (people, owners)
