"""What a message to a chat is made of, and what its buttons bring back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core import telegram
from channels.core.message import Outgoing
from channels.core.telegram import Unsendable, compose

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UID = "0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b"


def composed(**fields: Any) -> tuple[str, dict[str, Any]]:
    return compose(Outgoing(**{"uid": UID, "to": "4242", "at": NOW, **fields}))


def with_buttons(*buttons: Any) -> dict[str, Any]:
    return composed(text="x", data={"buttons": list(buttons)})[1]


def test_a_text_is_sent_as_it_is() -> None:
    text = "<b>5 > 3 & 2</b> _x_"
    assert composed(text=text) == ("sendMessage", {"chat_id": "4242", "text": text})


def test_a_title_stands_in_bold_above_whatever_its_letters() -> None:
    method, sent = composed(title="Корзина 🛒", text="ждёт")
    assert (method, sent["text"]) == ("sendMessage", "Корзина 🛒\n\nждёт")
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 10}]
    assert composed(title="Hi")[1]["text"] == "Hi"


def test_a_message_with_an_image_is_a_photo_and_its_text_the_caption() -> None:
    method, sent = composed(title="Hi", text="x", image="https://shop.example/a.jpg")
    assert method == "sendPhoto"
    assert (sent["photo"], sent["caption"]) == ("https://shop.example/a.jpg", "Hi\n\nx")
    assert sent["caption_entities"][0]["length"] == 2
    assert "caption" not in composed(image="https://shop.example/a.jpg")[1]


def test_what_was_written_for_a_push_is_a_text_too() -> None:
    assert composed(body="Still thinking?")[1]["text"] == "Still thinking?"


def test_each_button_has_a_row_and_names_the_message_in_short() -> None:
    sent = with_buttons(
        {"text": "Shop", "url": "https://shop.example/"}, {"text": "Yes", "action": "yes"}
    )
    assert sent["reply_markup"]["inline_keyboard"] == [
        [{"text": "Shop", "url": "https://shop.example/"}],
        [{"text": "Yes", "callback_data": "C5xrPn8KSlWfThwtPk9aaw:yes"}],
    ]


@pytest.mark.parametrize(
    "button",
    [
        {},
        "yes",
        None,
        {"text": "x"},
        {"text": "", "action": "x"},
        {"text": 5, "action": "x"},
        {"text": "x", "action": "x", "url": "https://x.example/"},
        {"text": "x", "url": "javascript:alert(1)"},
        {"text": "x", "url": "https://x.example/ y"},
        {"text": "x", "action": "y" * 42},
        {"text": "x", "action": "ж" * 21},
    ],
)
def test_a_button_that_telegram_would_not_take_is_named_before(button: Any) -> None:
    with pytest.raises(Unsendable) as caught:
        with_buttons(button)
    assert caught.value.code == "unusable_button"


def test_an_action_may_fill_the_button_to_its_last_byte() -> None:
    (row,) = with_buttons({"text": "x", "action": "y" * 41})["reply_markup"]["inline_keyboard"]
    assert len(row[0]["callback_data"]) == 64


@pytest.mark.parametrize("buttons", [5, "x", {"a": 1}, [{"text": "x", "action": "y"}] * 101])
def test_buttons_are_a_list_of_reasonable_length(buttons: Any) -> None:
    with pytest.raises(Unsendable, match="list"):
        composed(text="x", data={"buttons": buttons})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": "x" * 4097}, "text_too_long"),
        ({"text": "x" * 1025, "image": "https://x.example/a.jpg"}, "text_too_long"),
        ({"title": "Hi", "text": "x" * 4093}, "text_too_long"),
        ({}, "empty_text"),
        ({"text": "x", "to": ""}, "invalid_address"),
    ],
)
def test_what_can_never_be_sent_says_why(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Unsendable) as caught:
        composed(**fields)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_texts_may_be_as_long_as_telegram_takes() -> None:
    assert len(composed(text="😀" * 4096)[1]["text"]) == 4096
    assert composed(text="x" * 1024, image="https://x.example/a.jpg")[0] == "sendPhoto"


@given(st.uuids(), st.text(max_size=20))
def test_a_pressed_button_gives_back_what_it_was_made_of(uid: Any, action: str) -> None:
    data = telegram.button_data(str(uid), action)
    assert telegram.pressed(data) == (str(uid), action)


@given(st.text())
def test_any_data_is_read_as_something(data: str) -> None:
    uid, action = telegram.pressed(data)
    assert uid is None or len(uid) == 36
    assert data.endswith(action)


def test_a_foreign_name_stays_as_it_is_and_names_no_message() -> None:
    for data in (telegram.button_data("u-1", "yes"), "!" * 22 + ":yes", "é" * 22 + ":yes"):
        assert telegram.pressed(data) == (None, data)


def test_only_web_addresses_of_buttons_are_counted() -> None:
    data = {
        "buttons": [
            {"text": "a", "url": "https://x.example/"},
            {"text": "b", "url": "tg://resolve?domain=x"},
            {"text": "c", "action": "yes"},
            "d",
        ],
        "n": 1,
    }
    found = telegram.tracked(data, lambda url: f"counted {url}")
    assert found["buttons"][0]["url"] == "counted https://x.example/"
    assert (found["buttons"][1:], found["n"]) == (data["buttons"][1:], 1)  # type: ignore[index]
    assert telegram.tracked({"buttons": 5}, str) == {"buttons": 5}


@pytest.mark.parametrize("token", ["", "a b", "42:x/y", "42:x?", "é", "x" * 201, "a\n"])
def test_a_token_that_cannot_stand_in_an_address_is_none(token: str) -> None:
    assert not telegram.is_token(token)
    assert telegram.is_token("42:AAH-x_Y")


def test_a_pressed_button_is_answered_and_nothing_else_is() -> None:
    said = telegram.acknowledgement(b'{"update_id": 1, "callback_query": {"id": "77"}}')
    assert said == b'{"method":"answerCallbackQuery","callback_query_id":"77"}'
    for other in (b'{"update_id": 1}', b"x", b'{"callback_query": {"id": 5}}', b"\xff", b"[]"):
        assert telegram.acknowledgement(other) == b""
