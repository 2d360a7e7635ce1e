"""What the parts of the parser share: problems found so far, limits, reading one plain value."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from profiles.core import durations
from profiles.core.conditions.vocabulary import Vocabulary
from profiles.core.problems import Problem, did_you_mean, joined

MAX_DEPTH = 32
MAX_NODES = 1_000
MAX_TEXT = 2_000


class ConditionError(ValueError):
    """The document is no condition; `problems` says why, at least one of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(f"{first.path or 'condition'}: {first.message}")


class Reader:
    """Collects problems while the functions of the parser walk one document."""

    def __init__(
        self, *, entry_allowed: bool, vocabulary: Vocabulary, context_allowed: bool = False
    ) -> None:
        self.problems: list[Problem] = []
        self.entry_allowed = entry_allowed
        self.context_allowed = context_allowed
        self.vocabulary = vocabulary
        self._nodes = 0

    def report(self, path: str, code: str, message: str) -> None:
        self.problems.append(Problem(path=path, code=code, message=message))

    def spend(self, path: str) -> bool:
        """Count one condition, clause, check or value. False when there are too many."""
        self._nodes += 1
        if self._nodes == MAX_NODES + 1:
            self.report(path, "size", f"A condition has at most {MAX_NODES} parts; split it.")
        return self._nodes <= MAX_NODES

    def mapping(self, value: object, path: str, example: str) -> Mapping[object, object]:
        """The mapping, or an empty one and a problem."""
        if isinstance(value, Mapping):
            return value
        self.report(path, "type", f"Write a mapping such as {example}, not {shown(value)}.")
        return {}

    def keys(self, document: Mapping[object, object], known: Collection[str], path: str) -> None:
        """Report every key that is not known, with the nearest one that is."""
        for key in document:
            if not isinstance(key, str) or key not in known:
                word = key if isinstance(key, str) else repr(key)
                message = f"“{word}” is not known here. {did_you_mean(word, known)}"
                self.report(joined(path, word), "unknown_key", message)

    def text(self, value: object, path: str, *, what: str, blank: bool = False) -> str:
        """A text that the database can keep, or an empty one and a problem."""
        if not isinstance(value, str):
            self.report(path, "type", f"Write {what} as text, not {shown(value)}.")
        elif len(value) > MAX_TEXT:
            self.report(path, "value", f"Write {what} in at most {MAX_TEXT} characters.")
        elif "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            self.report(path, "value", "The text holds a NUL or half a character; remove it.")
        elif not value.strip() and not blank:
            self.report(path, "missing", f"Name {what}.")
        else:
            return value
        return ""

    def duration(self, value: object, path: str) -> timedelta:
        """A duration longer than zero; a problem says how to write it."""
        try:
            found = durations.parse(value)
        except ValueError as error:
            self.report(path, "duration", str(error))
            return timedelta(days=1)
        if not found:
            self.report(path, "duration", "Write a duration longer than zero, such as 30d.")
        return found

    def name(self, value: object, path: str, known: frozenset[str] | None, *, what: str) -> str:
        """A text that is among the known names; None knows every name."""
        word = self.text(value, path, what=what)
        if word and known is not None and word not in known:
            message = f"“{word}” is not {what} that exists here. {did_you_mean(word, known)}"
            self.report(path, "unknown_name", message)
        return word


def shown(value: object) -> str:
    """A value as the author of JSON would call it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return f"“{text}”" if len(text) <= 40 else f"“{text[:40]}…”"
