"""Texts that scripts show: English in their sources, said here in the reader's language."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext, override

Plural = Callable[[int], str]
FORMS = {"one": 1, "few": 2, "many": 5, "other": 2}
"""A number for each form of a plural, as scripts call them."""


class Catalogue(NamedTuple):
    """All that one script says; `counted` are texts with a number, by the number."""

    known: Sequence[str]
    counted: Sequence[Plural] = ()

    def told(self) -> dict[str, Any]:
        """As a page hands it to its script."""
        return {"texts": self.texts(), "plurals": self.plurals()}

    def texts(self) -> dict[str, str]:
        """Each text in the reader's language, where that says it in other words."""
        return {text: told for text in self.known if (told := gettext(text)) != text}

    def plurals(self) -> dict[str, dict[str, str]]:
        """The forms of each text with a number, by its English singular."""
        return {
            _singular(text): {form: text(number) for form, number in FORMS.items()}
            for text in self.counted
        }


def _singular(text: Plural) -> str:
    with override("en"):
        return text(1)
