"""Templates: a content as text, what it becomes for somebody, who sends it, and its versions."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.admin.preview import preview as srcdoc
from channels.core.address import canonical
from channels.core.content import KEYS
from channels.core.variants import LOCALES
from channels.models import Seed, Template
from channels.operations import proofs, seeds, templates
from channels.queries import preview
from channels.queries.preview import Person, Shown
from channels.queries.templates import layout, layouts, versions, worded
from channels.views.previews import NOBODY, person
from config.admin.template_editor import SEE_CUSTOMERS, EditorAdmin
from config.admin.written import WrittenAdmin, in_order, read
from journeys.admin.document import whole
from journeys.core import source
from journeys.operations import contents
from profiles.admin.base import (
    CHANNELS,
    BaseAdmin,
    Refused,
    customer_link,
    display,
    moment,
    now,
    select,
    word,
)

STARTER = """\
subject: "[[{{ customer.firstName|default('Hello') }}, your basket waits]]"
html: |
  <p>[[Hello {{ customer.firstName|default('there') }},]]</p>
  <p><a href="https://shop.example/cart">[[It is still here for you]]</a></p>
locales:
  de:
    subject: "{{ customer.firstName|default('Hallo') }}, dein Warenkorb wartet"
"""

LAYOUTS = {
    "welcome": _("Welcome mail"),
    "abandoned-cart": _("Left basket"),
    "receipt": _("Receipt"),
    "newsletter": _("Newsletter"),
}
"""What a new template may begin with, in this order."""


@admin.register(Template)
class TemplateAdmin(EditorAdmin, WrittenAdmin):
    list_display = ("name", "says", "languages", "number", "changed")
    ordering = ("slug",)
    search_fields = ("slug", "title")
    search_help_text = _("title or name")
    lead = _("Messages written once, for as many journeys as need them.")
    row_page = "admin/template/page.html"
    called = {
        "name_label": _("Name in steps"), "name_example": "spring-sale",
        "heading": _("Content"), "rows": 26,
    }  # fmt: skip
    new = _("New template")
    row_posts = ("save", "remove", "restore", "test")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(removed_at=None)

    def begun(self, request: HttpRequest) -> dict[str, Any]:
        wanted = request.GET.get("layout", "")
        offered = {name: str(words) for name, words in LAYOUTS.items() if name in layouts()}
        text = layout(wanted) or worded(STARTER)
        return {"text": text, "layouts": offered, "layout": wanted}

    def kept(
        self, request: HttpRequest, row: Template | None, given: dict[str, str]
    ) -> tuple[Template, str]:
        saved = templates.save(
            row.slug if row else given["name"], title=given["title"],
            content=read(given["source"]), source=given["source"],
            revision=whole(request, "revision") if row else None,
            by=request.user.get_username(), now=now(),
        )  # fmt: skip
        told = gettext("Saved as version %s. Journeys take it when they are published again.")
        return saved, told % saved.version

    def boot_of(self, request: HttpRequest, row: Template | None) -> dict[str, Any]:
        return self.boot(request, row.slug if row else "", may_change=True)

    def row_context(self, request: HttpRequest, row: Template) -> dict[str, Any]:
        return {
            **self.called,
            "text": row.source or source.write(in_order(row.body, KEYS)),
            "name": row.slug,
            "given_title": row.title,
            "revision": row.version,
            "may_change": self.may_do(request, "save", row),
            "may_remove": self.may_do(request, "remove", row),
            "urls": {name: self.url(name, row.pk) for name in self.row_posts},
            "shown": _shown(request, row),
            "users": [
                (each, reverse("admin:journeys_journey_change", args=[each.journey]))
                for each in contents.uses(row.slug)
            ],
            "versions": [(each, moment(each.at)) for each in versions(row.slug)],
            "seeds": len(seeds.everybody()),
            "boot": self.boot(request, row.slug, self.may_do(request, "save", row)),
        }

    def do_remove(self, request: HttpRequest, row: Template) -> HttpResponse:
        templates.remove(row.slug, now=now())
        messages.success(request, gettext("The template %s is gone.") % row.slug)
        return HttpResponseRedirect(self.url("changelist"))

    def do_restore(self, request: HttpRequest, row: Template) -> None:
        """An old version becomes the newest."""
        wanted = whole(request, "version")
        found = next((each for each in versions(row.slug) if each.number == wanted), None)
        if found is None:
            raise templates.unknown(f"{row.slug} {wanted}")
        templates.save(
            row.slug, title=found.title, content=found.body, revision=row.version,
            by=request.user.get_username(), note=f"v{found.number}", now=now(),
        )  # fmt: skip
        messages.success(request, gettext("Version %s is the latest again.") % found.number)

    def do_test(self, request: HttpRequest, row: Template) -> None:
        """Colleagues get it as the person shown would."""
        channel = request.POST.get("channel", "")
        to = request.POST.get("to", "").replace(",", " ").split()
        to += seeds.addresses(channel) if request.POST.get("seeds") else []
        content = templates.composed({"template": row.slug})
        who = _asked(request, request.POST.get("customer", ""), content)
        facts = _facts(who)
        locale = request.POST.get("language") or who.locale
        sent = proofs.send(content, channel=channel, to=to, facts=facts, locale=locale, now=now())
        told = ", ".join(f"{each.to}: {each.status} {each.detail}".strip() for each in sent)
        messages.success(request, gettext("Test: %s") % told)

    @display(description=_("template"))
    def name(self, template: Template) -> SafeString:
        return format_html("<b>{}</b> <span>{}</span>", template, template.slug)

    @display(description=_("subject or text"))
    def says(self, template: Template) -> str:
        body = template.body
        said = next(
            (body[key] for key in ("subject", "title", "text", "body") if body.get(key)), ""
        )
        return str(said)[:80] or "–"

    @display(description=_("languages"))
    def languages(self, template: Template) -> str:
        return ", ".join(template.body.get(LOCALES) or ()) or "–"

    @display(description=_("version"))
    def number(self, template: Template) -> int:
        return template.version

    @display(description=_("changed"))
    def changed(self, template: Template) -> str:
        return moment(template.updated_at)


class SeedForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[(each, CHANNELS[each]) for each in seeds.CHANNELS],
        widget=select(),
    )  # fmt: skip

    def clean(self) -> dict[str, object]:
        given = self.cleaned_data
        channel, to = given.get("channel", ""), given.get("address", "")
        if to and (words := seeds.fault(channel, to)):
            self.add_error("address", words)
        return {**given, "address": canonical(channel, to)}


@admin.register(Seed)
class SeedAdmin(BaseAdmin):
    lead = _("Where test messages go, besides whoever asks for one: your team’s own addresses.")
    list_display = ("address", "channel_name", "name")
    ordering = ("id",)
    sortable_by = ()
    form = SeedForm
    fields = ("channel", "address", "name")

    @display(description=_("channel"))
    def channel_name(self, seed: Seed) -> str:
        return word(CHANNELS, seed.channel)


def _shown(request: HttpRequest, row: Template) -> dict[str, Any]:
    """The template as the person asked for would get it; by default who lacks most."""
    asked = request.GET.get("customer", "worst").strip()
    language = request.GET.get("language", "")
    try:
        content, who, problem = templates.composed({"template": row.slug}), NOBODY, ""
        who = _asked(request, asked, content)
    except Refused as refusal:
        content, who, problem = dict(row.body), NOBODY, str(refusal)
    locale, facts = language or who.locale, _facts(who)
    chosen, spoken = preview.spoken(content, locale)
    channels = preview.speaking(spoken)
    shown = preview.show(spoken, channels, facts=facts, locale=locale, purpose="marketing")
    return {
        "asked": asked,
        "problem": problem,
        "who": customer_link(who.id) if who.id else "",
        "language": chosen,
        "wanted": language,
        "languages": list(content.get(LOCALES) or ()),
        "missing": preview.missing(spoken, facts),
        "channels": [_channel(each) for each in shown],
        "testable": [(each, word(CHANNELS, each)) for each in channels if each in seeds.CHANNELS],
    }


def _channel(shown: Shown) -> dict[str, Any]:
    return {
        "name": word(CHANNELS, shown.channel),
        "text": shown.rendered,
        "srcdoc": srcdoc(shown.rendered.html) if shown.rendered.html else "",
        "segments": shown.segments,
        "problem": shown.problem,
        "aborted": shown.aborted,
    }


def _asked(request: HttpRequest, asked: str, content: dict[str, Any]) -> Person:
    """Who may not look at customers sees it as nobody would get it."""
    if not request.user.has_perm(SEE_CUSTOMERS):
        return NOBODY
    return person("" if asked == "nobody" else asked, content)


def _facts(who: Person) -> dict[str, Any]:
    return {"customer": who.attributes, "entry": {}, "context": {}, "journey": "preview"}
