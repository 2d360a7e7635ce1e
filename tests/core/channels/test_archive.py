"""The hash of a message's text: equal texts alone have the same."""

from hypothesis import given
from hypothesis import strategies as st

from channels.core.archive import digest

TEXTS = st.tuples(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))


@given(TEXTS, TEXTS)
def test_texts_with_one_hash_are_one_text(
    first: tuple[str, str, str], second: tuple[str, str, str]
) -> None:
    assert (digest(*first) == digest(*second)) == (first == second)


def test_the_parts_are_kept_apart() -> None:
    found = {
        digest("ab", "", ""),
        digest("a", "b", ""),
        digest("a\0", "b", ""),
        digest("", "ab", ""),
    }
    assert len(found) == 4
    assert digest("Hi", "<p>x</p>", "x") == digest("Hi", "<p>x</p>", "x")
