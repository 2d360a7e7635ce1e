"""Who an event belongs to, and which histories turn out to be one person's. Never by guess.

The user_id wins. `identify` joins the history of an anonymous visitor to the known customer; two
known customers join only by `alias` (or an operator). An id has one owner, and keeps it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from profiles.core.events import Incoming

Key = tuple[str, str]
"""An identifier: its kind and its value."""
USER, ANONYMOUS, EMAIL, PHONE = "user_id", "anonymous_id", "email", "phone"
KINDS = (USER, ANONYMOUS, EMAIL, PHONE)


class Owner(NamedTuple):
    """The customer to whom an identifier leads, and whether they have a user_id."""

    customer_id: int
    known: bool


class Joining(NamedTuple):
    """Two stored customers that are one: `merged` goes into `survivor`."""

    survivor: int
    merged: int
    cause: str


class Resolution(NamedTuple):
    """What a batch means. A customer yet to be created is a negative number, -1 the first one.

    `subjects` has one customer per call; `links` are new identifiers in document order; `joinings`
    name stored customers only, in order of precedence, and no survivor is ever merged itself.
    `visitors` are stored customers who must still have no user_id for all this to hold.
    """

    subjects: list[int]
    created: list[int]
    links: dict[Key, int]
    joinings: list[Joining]
    visitors: set[int]


def keys_of(calls: Iterable[Incoming]) -> set[Key]:
    """Every identifier that decides where these calls belong."""
    keys: set[Key] = set()
    for call in calls:
        if call.user_id:
            keys.add((USER, call.user_id))
        if call.anonymous_id:
            keys.add((ANONYMOUS, call.anonymous_id))
        if call.previous_id:
            keys.add((USER, call.previous_id))
            keys.add((ANONYMOUS, call.previous_id))
    return keys


def resolve(calls: Iterable[Incoming], owners: Mapping[Key, Owner]) -> Resolution:
    """Assign every call to a customer, given the present owners of all `keys_of` that have one."""
    world = _World(owners)
    named = [world.subject(call) for call in calls]
    return world.resolution(named)


class _World:
    """The identifiers as they stand while the calls of a batch pass one by one."""

    def __init__(self, owners: Mapping[Key, Owner]) -> None:
        self.owner = {key: owner.customer_id for key, owner in owners.items()}
        self.known = {owner.customer_id for owner in owners.values() if owner.known}
        self.into: dict[int, int] = {}
        self.links: dict[Key, int] = {}
        self.created = 0
        self.parts: dict[int, list[Joining]] = {}
        self.visitors: set[int] = set()

    def subject(self, call: Incoming) -> int:
        if call.call == "alias":
            return self._alias(call)
        if not call.user_id:
            key = (ANONYMOUS, call.anonymous_id)
            found = self._find(key)
            return self._link(key, self._create()) if found is None else found
        user = self._user(call)
        visitor = (ANONYMOUS, call.anonymous_id)
        if call.anonymous_id and self._find(visitor) is None:
            self._link(visitor, user)
        return user

    def _user(self, call: Incoming) -> int:
        """The customer of a call with a userId; an identify brings its visitor along."""
        key = (USER, call.user_id)
        user = self._find(key)
        if call.call != "identify" or not call.anonymous_id:
            return self._named(key, self._create()) if user is None else user
        visitor = self._find((ANONYMOUS, call.anonymous_id))
        if visitor is None or visitor in self.known:
            return self._named(key, self._create()) if user is None else user
        if visitor > 0:
            self.visitors.add(visitor)
        if user is None:
            return self._named(key, visitor)
        return self._join(user, visitor, "identify")

    def _alias(self, call: Incoming) -> int:
        key = (USER, call.user_id)
        former = (USER, call.previous_id), (ANONYMOUS, call.previous_id)
        user = self._find(key)
        before = self._find(former[0])
        if before is None:
            before = self._find(former[1])
        if user is None:
            user = self._named(key, self._create() if before is None else before)
        if before is not None and before != user:
            user = self._join(user, before, "alias")
        for old in former:
            if before is None and old not in self.owner:
                self._link(old, user)
        return user

    def _find(self, key: Key) -> int | None:
        found = self.owner.get(key)
        return None if found is None else self._root(found)

    def _root(self, customer: int) -> int:
        while customer in self.into:
            customer = self.into[customer]
        return customer

    def _create(self) -> int:
        self.created += 1
        return -self.created

    def _link(self, key: Key, customer: int) -> int:
        self.owner[key] = self.links[key] = customer
        return customer

    def _named(self, key: Key, customer: int) -> int:
        self.known.add(customer)
        return self._link(key, customer)

    def _join(self, user: int, other: int, cause: str) -> int:
        """One customer from two: the stored one stays if only one is, the user if both are."""
        survivor, merged = (other, user) if user < 0 < other else (user, other)
        self.into[merged] = survivor
        self.known.add(survivor)
        moved = self.parts.pop(merged, [])
        if merged > 0:
            moved.insert(0, Joining(survivor, merged, cause))
        self.parts.setdefault(survivor, []).extend(moved)
        return survivor

    def resolution(self, named: list[int]) -> Resolution:
        root = self._root
        return Resolution(
            subjects=[root(customer) for customer in named],
            created=[ref for ref in range(-1, -self.created - 1, -1) if ref not in self.into],
            links={key: root(customer) for key, customer in self.links.items()},
            joinings=[
                Joining(survivor, part.merged, part.cause)
                for survivor, parts in self.parts.items()
                for part in parts
            ],
            visitors=self.visitors,
        )
