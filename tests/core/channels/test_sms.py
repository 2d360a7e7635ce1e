"""Segments to the character, and what people write when they want no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.sms import (
    GSM_BASIC,
    GSM_EXTENSION,
    PHRASES,
    Encoding,
    Intent,
    intent,
    segments,
)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "gsm7", 0, 0),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("a" * 152 + "€" * 2 + "a" * 151, "gsm7", 307, 3),
        ("a" * 152 + "€" + "a" * 7, "gsm7", 161, 2),
        ("{}[]~|\\^\f€", "gsm7", 20, 1),
        ("Ünïcode"[0:1] + "ber", "gsm7", 4, 1),
        ("ï", "ucs2", 1, 1),
        ("я" * 70, "ucs2", 70, 1),
        ("я" * 71, "ucs2", 71, 2),
        ("я" * 134, "ucs2", 134, 2),
        ("я" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("я" * 66 + "😀" + "я" * 66, "ucs2", 134, 3),
        ("ç", "ucs2", 1, 1),
        ("Ç", "gsm7", 1, 1),
        ("`", "ucs2", 1, 1),
    ],
)
def test_segments_are_counted_as_carriers_bill_them(
    text: str, encoding: Encoding, units: int, count: int
) -> None:
    assert tuple(getattr(segments(text), name) for name in ("encoding", "units", "count")) == (
        encoding,
        units,
        count,
    )


def test_the_gsm_alphabet_has_its_127_letters_and_ten_escaped_ones() -> None:
    assert len(GSM_BASIC) == 127  # 128 less the escape itself
    assert len(GSM_EXTENSION) == 10
    assert not GSM_BASIC & GSM_EXTENSION


@given(st.text(st.sampled_from("aя€😀{"), max_size=500))
def test_no_segment_is_longer_than_its_size_and_no_character_is_cut(text: str) -> None:
    result = segments(text)
    size = 153 if result.encoding == "gsm7" else 67
    if result.count > 1:
        assert result.units > (160 if result.encoding == "gsm7" else 70)
        assert (result.count - 1) * (size - 1) < result.units <= result.count * size


STOP = """stop|STOP.| sToP |stop!|Stop it!|STOP ALL|stopall|unsubscribe|Unsubscribe me|UNSUB|cancel|
end|quit|revoke|opt out|opt-out|OPTOUT|remove me|please stop|stop please|Stop, please!|pls stop|
take me off your list|leave me alone|no more messages|do not text me|don't text me|Don’t contact me|
STOP sending me this|stop 🛑|стоп|СТОП!|Отписаться|отпишите меня|отписка|не пишите мне|хватит|
не присылайте|удалите меня|стоп, пожалуйста|больше не пишите|отмена|СТОП хватит уже|stopp|Stopp!|
abmelden|ABBESTELLEN|bitte abmelden|keine SMS mehr|keine Werbung|aufhören|Abmelden bitte|beenden|
baja|BAJA|alto|dar de baja|darme de baja|no más|no más mensajes|cancelar|parar|baja por favor|
ＳＴＯＰ|s.t.o.p"""
START = (
    "start|START!|unstop|yes|YES.|subscribe|старт|Да|подписаться|starten|ja|anmelden|alta|sí|Sí!"
)
HELP = (
    "help|HELP!|info|help me|help me please|помощь|Помогите!|справка|hilfe|Hilfe!|ayuda|información"
)
NOTHING = """please don't stop|don't stop|do not stop|never stop|stop? never!|
when does the sale end|is this the end|yes I would like a blue one|
no|no thanks|thanks|ok|👍||   |...|не стоп|нет|I will stop by tomorrow|cancel my order 12|
start of the sale?|не останавливайтесь|nicht stopp|nein|
the stop is near my house|end of story|s t o p sign"""


@pytest.mark.parametrize("text", [t.strip("\n") for t in STOP.split("|")][:-1])
def test_a_customer_who_wants_no_more_is_understood(text: str) -> None:
    assert intent(text) == "stop"


@pytest.mark.parametrize("text", START.split("|"))
def test_a_customer_who_comes_back_is_understood(text: str) -> None:
    assert intent(text) == "start"


@pytest.mark.parametrize("text", HELP.split("|"))
def test_a_customer_who_asks_for_help_is_understood(text: str) -> None:
    assert intent(text) == "help"


@pytest.mark.parametrize("text", [t.strip("\n") for t in NOTHING.split("|")])
def test_what_only_a_person_can_judge_is_left_to_a_person(text: str) -> None:
    assert intent(text) is None


def test_every_phrase_of_the_table_means_one_thing_in_any_dress() -> None:
    wanted: Intent
    for wanted, phrases in PHRASES.items():
        for phrase in phrases:
            for dressed in (phrase, phrase.upper(), f" {phrase.title()}! ", f"*{phrase}*"):
                assert intent(dressed) == wanted, dressed
    assert sum(len(phrases) for phrases in PHRASES.values()) >= 60


@given(st.text(max_size=2000))
def test_no_text_whatever_breaks_the_reading(text: str) -> None:
    assert intent(text) in {"stop", "start", "help", None}
    assert segments(text).count >= 0
