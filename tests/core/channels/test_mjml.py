"""Contents prepared at publish: MJML, inlined styles, the text twin; template code left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.mjml import ContentProblem, compile_content, html_of_mjml, inlined, text_of_html
from channels.core.template import compiled, scope

ENTRY = {
    "products": [{"name": "Hat", "url": "https://a.example/hat"}, {"name": "Shoe", "url": "u"}]
}


def body(inner: str) -> str:
    return f"<mjml><mj-body>{inner}</mj-body></mjml>"


def rendered(html: str) -> str:
    return compiled(html, "html").render(scope({"entry": ENTRY}))


def test_loops_and_conditions_survive_mjml_wherever_they_stand() -> None:
    html = html_of_mjml(body(
        "{% for p in entry.products %}<mj-section><mj-column>"
        "<mj-text>{{ p.name }}{% if 1 < 2 %}!{% endif %}</mj-text>"
        '<mj-button href="{{ p["url"] }}">Buy</mj-button>'
        "</mj-column></mj-section>{% endfor %}{# <a remark> #}"
    ))  # fmt: skip
    shown = rendered(html)
    assert "Hat!" in shown
    assert "Shoe!" in shown
    assert 'href="https://a.example/hat"' in shown


def test_mjml_that_is_not_well_formed_is_reported() -> None:
    with pytest.raises(ContentProblem, match="cannot be read"):
        html_of_mjml("<mjml><mj-body>")


def test_styles_are_inlined_and_kept_for_what_cannot_be() -> None:
    html = inlined("<style>.a{color:red} a:hover{color:blue}</style><p class=a>{{ x }}</p>")
    assert '<p class="a" style="color: red;">{{ x }}</p>' in html
    assert "a:hover" in html


def test_html_without_styles_is_left_as_it_is() -> None:
    html = "<p>{{ x }}</P>"
    assert inlined(html) == html


def test_loops_around_rows_keep_their_place_in_the_table() -> None:
    html = inlined(
        "<style>td{color:red}</style><table>{% for p in entry.products %}"
        "<tr><td>{{ p.name }}</td></tr>{% endfor %}</table>"
    )
    assert rendered(html).count('<td style="color: red;">') == 2


def test_conditional_attributes_are_not_touched() -> None:
    html = '<style>p{color:red}</style><p {% if x %}class="a"{% else %}class="b"{% endif %}>y</p>'
    assert inlined(html) == html


def test_no_stylesheet_is_ever_fetched() -> None:
    html = inlined(
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css"><style>p{color:red}</style><p>x</p>'
    )
    assert "color: red" in html


def test_styles_that_cannot_be_inlined_are_reported() -> None:
    with pytest.raises(ContentProblem, match="reserved"):
        inlined("<style>p{color:red}</style>jx00001xj")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
        ("a<br>b", "a\nb\n"),
        ('<a href="https://a.example/?x=1&amp;y=2">Go &amp; see</a>', "Go & see (https://a.example/?x=1&y=2)\n"),
        ('<a href="#top">Top</a><a>none</a>', "Topnone\n"),
        ("<ul><li>One<li>Two</ul>", "- One\n- Two\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc\n"),
        ('<img src=x alt="Logo">!', "Logo!\n"),
        ("<head><title>T</title>{% if x %}<style>p{}</style>{% endif %}</head>x", "x\n"),
        ("<script>1</script>x</script>", "x\n"),
        ("{% if a < b %}<p>{{ c > d }}</p>{% endif %}<!-- gone -->",
         "{% if a < b %}\n\n{{ c > d }}\n\n{% endif %}\n"),
        ('<a href="{{ links.view }}">See</a>', "See ({{ links.view }})\n"),
        ("   \n  ", "\n"),
        ("</p></a></head>x", "x\n"),
    ],
)  # fmt: skip
def test_the_text_twin_reads_as_the_page_does(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_a_content_with_its_own_text_keeps_it() -> None:
    assert compile_content({"html": "<p>a</p>", "text": "b"})["text"] == "b"


def test_preparing_twice_changes_nothing() -> None:
    for content in (
        {"mjml": body("<mj-text>x</mj-text>"), "subject": "s"},
        {"text": "x"},
        {"html": "<style>p{}</style><p>"},
    ):
        once = compile_content(content)
        assert compile_content(once) == once
        assert "mjml" not in once


@given(st.text(alphabet="<>{}%#'\"- a=!/", max_size=40))
def test_any_text_survives_masking(source: str) -> None:
    """Text without styles comes back as it was, or is refused with a reason."""
    try:
        assert inlined(source) == source
        assert isinstance(text_of_html(source), str)
    except ContentProblem as problem:
        assert str(problem)
