"""Texts as cells of a table that people open in a spreadsheet: none of them is a formula there."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""What a spreadsheet begins to reckon at; a leading apostrophe keeps it from that."""


def cell(text: str) -> str:
    """The text, with an apostrophe before it where it would be taken for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
