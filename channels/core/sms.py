"""How long an SMS really is, and what a customer means by STOP.

Segments follow 3GPP TS 23.038 (GSM 7-bit alphabet and its extension table) and 23.040
(concatenation headers). Words are English, Russian, German and Spanish.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

import msgspec

Intent = Literal["stop", "start", "help"]
Encoding = Literal["gsm7", "ucs2"]

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

# Units (septets, or UTF-16 code units) in a lone message and in one part of a longer one.
SIZES: dict[Encoding, tuple[int, int]] = {"gsm7": (160, 153), "ucs2": (70, 67)}


class Segments(msgspec.Struct, frozen=True):
    """A text's encoding, its units in that encoding, and the parts it is billed as."""

    encoding: Encoding
    units: int
    count: int


def segments(text: str) -> Segments:
    """Count exactly: an escaped character or a surrogate pair is never cut in two."""
    encoding: Encoding = "gsm7" if set(text) <= GSM_BASIC | GSM_EXTENSION else "ucs2"
    widths = [_width(character, encoding) for character in text]
    units = sum(widths)
    alone, part = SIZES[encoding]
    if units <= alone:
        return Segments(encoding, units, 1 if text else 0)
    return Segments(encoding, units, _parts(widths, size=part))


def _width(character: str, encoding: Encoding) -> int:
    if encoding == "gsm7":
        return 2 if character in GSM_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _parts(widths: Iterable[int], *, size: int) -> int:
    """Parts of at most `size` units, whole characters only."""
    count, used = 1, 0
    for width in widths:
        if used + width > size:
            count, used = count + 1, 0
        used += width
    return count


# A whole message, once folded, that means exactly one thing.
PHRASES: dict[Intent, tuple[str, ...]] = {
    "stop": (
        # English
        "stop", "stopp", "stop all", "stopall", "stop it", "stop now", "unsubscribe",
        "unsubscribe me", "unsub", "cancel", "end", "quit", "revoke", "remove", "remove me",
        "opt out", "optout", "opt me out", "take me off", "take me off your list",
        "take me off the list", "leave me alone", "no more", "no more messages", "no more texts",
        "do not text me", "dont text me", "do not contact me", "dont contact me",
        "do not message me", "dont message me", "do not send", "dont send me anything",
        # Russian
        "стоп", "отписаться", "отписка", "отпишите", "отпишите меня", "отпишись", "отписать",
        "отмена", "хватит", "прекратите", "прекратить", "удалите меня", "уберите меня",
        "не пишите", "не пишите мне", "не присылайте", "не надо", "больше не пишите",
        "больше не присылайте", "не беспокойте", "не беспокоить", "отказ", "отказываюсь",
        # German
        "stoppen", "stopp bitte", "abmelden", "abmeldung", "abbestellen", "austragen",
        "kündigen", "ende", "beenden", "aufhören", "keine sms mehr", "keine nachrichten mehr",
        "keine werbung", "keine werbung mehr", "nicht mehr schreiben", "lasst mich in ruhe",
        # Spanish
        "alto", "baja", "dar de baja", "darme de baja", "dame de baja", "parar", "pare",
        "cancelar", "fin", "basta", "no más", "no mas", "no más mensajes", "no mas mensajes",
        "no enviar", "no me escriban", "no quiero más mensajes", "no quiero mas mensajes",
    ),
    "start": (
        "start", "unstop", "yes", "subscribe", "resubscribe", "opt in", "optin", "resume",
        "старт", "начать", "да", "подписаться", "подписка", "подпишите", "возобновить",
        "starten", "ja", "anmelden", "abonnieren", "fortsetzen",
        "inicio", "iniciar", "sí", "si", "alta", "suscribir", "suscribirme", "empezar",
    ),
    "help": (
        "help", "info", "help me", "support",
        "помощь", "помогите", "справка", "инфо", "поддержка",
        "hilfe", "hilf mir", "information",
        "ayuda", "ayúdame", "ayudame", "información", "informacion",
    ),
}  # fmt: skip

# Words so plain that a message beginning with one means it, whatever follows.
FIRST_WORDS: dict[Intent, tuple[str, ...]] = {
    "stop": (
        "stop", "stopp", "stopall", "unsubscribe", "unsub", "optout", "стоп", "отпишите",
        "отписаться", "отписка", "abmelden", "abbestellen", "baja",
    ),
    "start": ("unstop", "resubscribe"),
    "help": ("help", "помощь", "помогите", "hilfe", "ayuda"),
}  # fmt: skip

# Any of these may turn the meaning round; such a message is for a person to read.
NEGATIONS = frozenset({
    "not", "no", "never", "dont", "doesnt", "wont", "cant", "didnt", "не", "нет", "никогда",
    "нельзя", "nicht", "kein", "keine", "nie", "nein", "nunca", "jamás",
})  # fmt: skip
POLITE = ("please", "pls", "plz", "пожалуйста", "плиз", "bitte", "por favor", "hi", "hello")

_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_NOT_WORDS = re.compile(r"[\W_]+")
_WHOLE = {phrase: intent for intent, phrases in PHRASES.items() for phrase in phrases}
_FIRST = {word: intent for intent, words in FIRST_WORDS.items() for word in words}


def intent(text: str) -> Intent | None:
    """STOP, START or HELP; None for anything else and for what only a person can judge."""
    folded = _without_politeness(fold(text))
    whole = _WHOLE.get(folded)
    if whole is not None:
        return whole
    words = folded.split()
    if not words or NEGATIONS.intersection(words):
        return None
    return _FIRST.get(words[0])


def fold(text: str) -> str:
    """Case, width, apostrophes, punctuation, signs and emoji aside: words and single spaces."""
    plain = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)).casefold()
    return _NOT_WORDS.sub(" ", plain.replace("ё", "е")).strip()


def _without_politeness(folded: str) -> str:
    for word in POLITE:
        folded = folded.removeprefix(f"{word} ").removesuffix(f" {word}")
    return folded
