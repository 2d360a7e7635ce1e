"""The theme's inputs for forms of our own making."""

from typing import Any

from django.forms import Widget
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)


def text_input(**attrs: Any) -> Widget:
    widget: Widget = UnfoldAdminTextInputWidget(attrs=attrs)
    return widget


def password_input(**attrs: Any) -> Widget:
    """Never shows what is stored, and browsers do not offer to fill it in."""
    widget: Widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password", **attrs})
    return widget


def text_area(**attrs: Any) -> Widget:
    widget: Widget = UnfoldAdminTextareaWidget(attrs=attrs)
    return widget


def select(choices: Any = (), **attrs: Any) -> Widget:
    widget: Widget = UnfoldAdminSelectWidget(attrs=attrs, choices=choices)
    return widget
