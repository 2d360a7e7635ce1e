"""What every client tells, and what must have become of it."""

from tests.database.calls import owner, query, user


def arrived() -> None:
    """All of Ann's calls are stored as events, under the ids they named."""
    ann = user("ann")
    assert owner("anonymous_id", "cookie") == owner("user_id", "former") == ann
    assert owner("email", "ann@a.cz") == ann
    sent = "SELECT name FROM profiles_event WHERE source = 'clients' AND customer_id = %s"
    assert sorted(name for (name,) in query(sent, ann)) == [
        "Order Completed",
        "Product Viewed",
        "alias",
        "group",
        "identify",
        "page",
        "screen",
    ]
    assert query("SELECT count(*) FROM profiles_event WHERE source = 'clients'") == [(7,)]
    assert query("SELECT attributes->>'plan' FROM profiles_customer WHERE id = %s", ann) == [
        ("pro",)
    ]
    assert value("Order Completed", "revenue") == "9.5"
    assert (value("page", "name"), value("page", "url")) == ("Home", "/")
    assert value("screen", "name") == "Cart"
    assert (value("group", "groupId"), value("group", "size")) == ("acme", "5")
    assert (value("alias", "previousId"), value("alias", "userId")) == ("former", "ann")
    late = (
        "SELECT count(*) FROM profiles_event WHERE abs(extract(epoch FROM at - received_at)) > 60"
    )
    assert query(late) == [(0,)]
    ids = "SELECT count(DISTINCT message_id) FROM profiles_event WHERE source = 'clients'"
    assert query(ids) == [(7,)]
    unsigned = "SELECT FROM profiles_event WHERE source = 'clients' AND NOT context ? 'library'"
    assert not query(unsigned)


def value(name: str, key: str) -> str | None:
    """A property of the one event of this name."""
    ((found,),) = query("SELECT properties->>%s FROM profiles_event WHERE name = %s", key, name)
    return None if found is None else str(found)
