"""Templates: plain data in, bounded text out, and nothing else reachable from them."""

import resource
import time
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.template import TemplateProblem, compiled, problems, rewritten, scope

CUSTOMER = {
    "firstName": "Ann", "items": "mine", "tags": ["b", "a", "a"], "points": 7, "none": None,
    "orders": [{"name": "Hat", "price": 3.5}, {"name": "<Shoe>", "price": 4}], "html": "<b>&",
}  # fmt: skip


def render(source: str, kind: Any = "text", **variables: Any) -> str:
    return compiled(source, kind).render(scope({"customer": CUSTOMER, **variables}))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ customer.firstName }}", "Hello Ann"),
        ("{{ customer.nope }}|{{ customer.nope.deeper[3].still }}|{{ nobody.at.all }}", "||"),
        ("{{ customer.nope|default('there') }}", "there"),
        ("{{ customer.none }}|{{ customer.none|default('x', true) }}", "|x"),
        ("{% if customer.nope > 3 or customer.nope < 3 %}yes{% else %}no{% endif %}", "no"),
        ("{% if customer.points >= 7 %}yes{% endif %}", "yes"),
        ("{{ customer.nope|int(5) }} {{ customer.nope|float }}", "5 0.0"),
        ("{{ customer.items }}", "mine"),
        ("{% for key, value in entry.items() %}{{ key }}={{ value }};{% endfor %}", "a=1;"),
        ("{% for o in customer.orders %}{{ loop.index }}.{{ o.name }} {% endfor %}",
         "1.Hat 2.<Shoe> "),
        ("{{ customer.orders|map(attribute='name')|join(', ') }}", "Hat, <Shoe>"),
        ("{{ customer.tags|unique|sort|map('upper')|join }}", "AB"),
        ("{{ customer.orders|sum(attribute='price') }}", "7.5"),
        ("{{ 2.5|round(1) }} {{ 7 % 4 }} {{ 2 * 3 + 1 }}", "2.5 3 7"),
        ("{{ 'ab' * 2 }} {{ 2 * 'ab' }} {{ '-' + '>' }}", "abab abab ->"),
        ("{{ 'a' ~ 1 ~ none ~ customer.nope }}", "a1None"),
        ("{{ customer['firstName'][0] }}{{ customer.firstName.upper() }}", "AANN"),
        ("{% set x = 'y' %}{% with z = x %}{{ z }}{% endwith %}", "y"),
        ("{{ 'x' if customer.country in ['DE', 'FR'] else 'z' }}", "z"),
        ("{% raw %}{{ kept }}{% endraw %}\n", "{{ kept }}\n"),
        ("{% for n in range(3) %}{{ n }}{% endfor %}", "012"),
        ("{% for n in nothing %}!{% else %}-{% endfor %}", "-"),
        ("{% for p in '' %}x{% endfor %}{{ loop }}", ""),
    ],
)  # fmt: skip
def test_templates_read_plain_data(source: str, text: str) -> None:
    assert render(source, entry={"a": 1}) == text


def test_only_html_is_escaped() -> None:
    assert render("{{ customer.html }}", "html") == "&lt;b&gt;&amp;"
    assert render("{{ customer.html }}", "text") == "<b>&"
    assert render("{{ customer.html|safe }}", "html") == "<b>&"
    assert render("{{ '<' ~ customer.html }}", "html") == "&lt;&lt;b&gt;&amp;"
    assert (
        render("<i>{{ customer.tags|join('<br>') }}</i>", "html")
        == "<i>b&lt;br&gt;a&lt;br&gt;a</i>"
    )


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://x/{{ id }}?q=1", "https://x/42?q=1"),
        ("https://x/{{ evil }}", "https://x/..%2Fadmin%3Fa%3D1%26b%23c"),
        ("https://x/{{ evil|urlencode }}", "https://x/../admin%3Fa%3D1%26b%23c"),
        ("https://x/{{ evil|safe }}", "https://x/../admin?a=1&b#c"),
        ("https://x/{{ lines }}", "https://x/a%0D%0AHost%3A%20b"),
        ("https://x/{{ nobody.at.all }}{{ none }}", "https://x/"),
        ("https://x/{{ nobody|default('Ä') }}", "https://x/%C3%84"),
        ("https://x/{% for n in list %}{{ n }}/{% endfor %}", "https://x/a%20b/5/"),
        ("https://x/{{ id ~ evil }}", "https://x/42..%2Fadmin%3Fa%3D1%26b%23c"),
        ("https://x/?{% if id %}n={{ id }}{% endif %}", "https://x/?n=42"),
    ],
)
def test_what_is_put_into_an_address_stays_one_part_of_it(source: str, address: str) -> None:
    facts = {"id": 42, "evil": "../admin?a=1&b#c", "lines": "a\r\nHost: b", "none": None}
    assert render(source, "address", **facts, list=["a b", 5]) == address


def test_attribute_values_are_never_templates_themselves() -> None:
    assert render("{{ x }}", x="{{ 7*7 }}{% for %}") == "{{ 7*7 }}{% for %}"


@pytest.mark.parametrize(
    "value",
    [object(), datetime(2026, 1, 1), b"x", {1, 2}, ("a",), lambda: 1, {"a": [{"b": object()}]}],
)  # fmt: skip
def test_anything_but_plain_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="plain data only"):
        scope({"customer": value})


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a\n{% if x %}", "line 2: Unexpected end of template"),
        ("{{ 2 ** 8 }}", "`**` cannot be used"),
        ("{% include 'x' %}", "`include` of anything but a block's name in quotes cannot be used"),
        ("{% extends 'x' %}", "`extends` cannot be used"),
        ("{% import 'x' as x %}", "`import` cannot be used"),
        ("{% macro m() %}{% endmacro %}", "macros cannot be used"),
        ("{% block b %}{% endblock %}", "blocks cannot be used"),
        ("{% set a %}x{% endset %}", "`set` blocks cannot be used"),
        ("{% filter upper %}x{% endfilter %}", "filter blocks cannot be used"),
        ("{% set ns.x = 1 %}", "namespaces cannot be used"),
        ("{{ lipsum() }}", "this call is not allowed"),
        ("{{ customer.firstName.center(9) }}", "this call is not allowed"),
        ("{{ range(*x) }}", "this call is not allowed"),
        ("{{ x() }}", "this call is not allowed"),
        ("{{ x|center(10) }}", "the filter `center` cannot be used"),
        ("{{ x|attr('y') }}", "the filter `attr` cannot be used"),
        ("{{ x|counted }}", "the filter `counted` cannot be used"),
        ("{{ x|map('join', 'y') }}", "`map` takes attribute=…"),
        ("{{ x|map('sort') }}", "`map` takes attribute=…"),
        ("{{ x|map(attribute='a', default=y) }}", "`map` takes attribute=…"),
        ("{{ x|map(*y) }}", "`map` takes attribute=…"),
        ("{{ [x, x] }}", "constants only"),
        ("{{ (x, x) }}", "constants only"),
        ("{{ {'a': x} }}", "constants only"),
        ("{{ self }}", "`self` cannot be used"),
        ("{% for a in x recursive %}{% endfor %}", "recursive loops"),
        ("\n" + "{% for a in x %}" * 3 + "{% endfor %}" * 3, "line 2: loops nested deeper than 2"),
        ("{% set a = 1 %}" * 101, "more than 100 assignments"),
        ("{{ a }}" * 10_001, "expressions; shorten"),
        ("x" * 262_145, "at most 262144 are allowed"),
        ("a\0b", "NUL"),
        ("{{ (((", "line 1: unexpected 'end of template'"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nested too deeply"),
        ("{% if 1 %}" * 2000 + "{% endif %}" * 2000, "nested too deeply"),
        ("{% if x %}" * 150 + "{% endif %}" * 150, "nested too deeply"),
        ("{{ x" + "|upper" * 500 + " }}", "nested too deeply"),
        ("a\n{{ x is whole }}", "line 2: No test named 'whole'"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_named_with_its_line(source: str, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(source, "html")), problems(
        source, "html"
    )


def test_every_broken_rule_is_reported_in_order() -> None:
    found = problems("{{ 2 ** 2 }}\n{{ x|pprint }}", "text")
    assert [problem.split(":")[0] for problem in found] == ["line 1", "line 2"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}", "{{ customer.__class__ }}", "{{ customer['__class__'] }}",
        "{{ customer.keys.__self__ }}", "{{ (1).to_bytes }}", "{{ customer.tags.append }}",
        "{{ customer.firstName.format }}", "{{ loop.__class__ }}", "{{ range.__class__ }}",
        "{% for x in [1] %}{{ loop._iterable }}{{ loop.__init__ }}{% endfor %}",
    ],
)  # fmt: skip
def test_nothing_but_data_can_be_reached(source: str) -> None:
    assert render(source) == ""


LOOPS = "{%% for a in range(1000) %%}{%% for b in range(80) %%}%s{%% endfor %%}{%% endfor %%}"
NUMBERS = list(range(16_000))
BIG: dict[str, Any] = {
    "list": NUMBERS, "lists": [NUMBERS, list(NUMBERS)], "text": "q" * 60_000, "digits": "9" * 4000,
    "rows": [{"k": NUMBERS}, {"k": list(NUMBERS)}],
}  # fmt: skip
"""As much as an event or the answer of a call can hold."""

BOMBS = {
    "long range": "{% for i in range(1000000000) %}{% endfor %}",
    "endless numbers": "{% for i in range(1001) %}{% endfor %}",
    "nested loops": "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}",
    "silent nested loops": "{% for a in range(1000) %}{% for b in range(1000) %}"
    "{% if a == b %}{% endif %}{% endfor %}{% endfor %}",
    "repeated text": "{{ 'x' * 1000000000 }}",
    "repeated from the left": "{{ 1000000000 * 'x' }}",
    "doubling by joining": "{% set a = 'xxxxxxxxxxxxxxxx' %}"
    + "{% set a = a ~ a %}" * 40
    + "{{ a }}",
    "doubling by adding": "{% set a = 'xxxxxxxxxxxxxxxx' %}"
    + "{% set a = a + a %}" * 40
    + "{{ a }}",
    "doubling by replacing": "{% set a = 'xx' %}"
    + "{% set a = a|replace('x', a) %}" * 40
    + "{{ a }}",
    "doubling by quoting": "{{ '\\\\\"'" + "|tojson" * 30 + " }}",
    "joined by much": "{% set s = 'y' * 60000 %}{{ range(1000)|map('string')|join(s) }}",
    "growing number": "{% set a = 1000000 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "long output": "{% for a in range(1000) %}{{ 'x' * 2000 }}{% endfor %}",
    "much sorting": "{% for a in range(1000) %}{{ range(1000)|sort|length }}{% endfor %}",
    "many names": "".join(f"{{% set a{n} = ('x' * 60000)|upper %}}" for n in range(100)),
    "splitting": "{% for a in range(1000) %}{% for b in ('x ' * 9000).split() %}"
    "{% endfor %}{% endfor %}",
    "adding lists": "{{ customer.tags + customer.tags }}",
    "formatting": "{{ '%1000000000d' % 1 }}",
    "centring": "{{ 'x'.center(1000000000) }}",
    "centring by a filter": "{{ 'x'|center(1000000000) }}",
    "filling": "{{ '1'.zfill(1000000000) }}",
    "widening tabs": "{{ '\t'.expandtabs(1000000000) }}",
    "formatting by its width": "{{ '{:1000000000}'.format(1) }}",
    "repeated lists": "{{ [1] * 1000000000 }}",
    "a power": "{{ 10 ** 1000000000 }}",
    "a range as a list": "{{ range(1000000000)|list }}",
    "indenting": "{% set a = 'x' * 60000 %}{{ a|indent(1000000000) }}",
    "a default": "{{ nothing|default('x' * 1000000000) }}",
    "replacing nothing": "{% set a = 'x' * 60000 %}{{ a|replace('', a) }}",
    "text of a list": LOOPS % "{% set q = entry.list ~ 'x' %}",
    "looking for an item": LOOPS % "{% if -1 in entry.list %}{% endif %}",
    "looking for a text": LOOPS % "{% if 'z' in entry.text %}{% endif %}",
    "testing for an item": LOOPS % "{% if -1 is in(entry.list) %}{% endif %}",
    "comparing lists": LOOPS % "{% if entry.list == customer.list %}{% endif %}",
    "comparing by a test": LOOPS % "{% if entry.list is eq(customer.list) %}{% endif %}",
    "ordering lists": LOOPS % "{% if entry.list < customer.list %}{% endif %}",
    "selecting by a list": LOOPS % "{% set q = entry.lists|select('eq', customer.list)|list %}",
    "slices": LOOPS % "{% set q = entry.list[1:] %}",
    "changes": LOOPS % "{{ loop.changed(entry.list if b % 2 else customer.list) }}",
    "sorting lists": LOOPS % "{% set q = entry.lists|sort %}",
    "sorting by lists": LOOPS % "{% set q = entry.rows|sort(attribute='k') %}",
    "the greatest list": LOOPS % "{% set q = entry.lists|max %}",
    "reading long numbers": LOOPS % "{% set q = entry.digits|int %}",
    "testing the case": LOOPS % "{% if entry.text is lower %}{% endif %}",
}


def bomb(name: str) -> str:
    variables = scope({"customer": {**CUSTOMER, "list": list(NUMBERS)}, "entry": BIG})
    return compiled(BOMBS[name], "text").render(variables)


def spent(name: str) -> float:
    """Seconds of the processor's time."""
    start = time.thread_time()
    try:
        bomb(name)
    except TemplateProblem as error:
        assert str(error).startswith("line ")
    return time.thread_time() - start


@cache
def soon() -> float:
    """Two seconds, or more where this machine takes long for the steps that a template has."""
    return max(2.0, 10 * spent("silent nested loops"))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_soon_and_small(name: str) -> None:
    limit = soon()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert spent(name) < limit
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


@pytest.mark.parametrize("name", [name for name in BOMBS if name != "many names"])
def test_every_bomb_but_the_dud_is_stopped(name: str) -> None:
    with pytest.raises(TemplateProblem):
        bomb(name)


def test_the_templates_of_one_message_share_one_budget() -> None:
    variables = scope({})
    part = compiled(
        "{% for a in range(1000) %}{% for b in range(40) %}{{ a }}{% endfor %}{% endfor %}", "text"
    )
    part.render(variables)
    part.render(variables)
    with pytest.raises(TemplateProblem, match="more work"):
        for _ in range(10):
            part.render(variables)


@pytest.mark.parametrize("value", ["Hi\r\nBcc: x@y.example", "a\nb", "a\0b", "a\u2028b"])
def test_a_line_stays_one_line(value: str) -> None:
    with pytest.raises(TemplateProblem, match="forge a header"):
        render("{{ x }}", "line", x=value)
    assert render("  Hello\n", "line") == "Hello"


def test_an_error_while_rendering_names_the_line() -> None:
    with pytest.raises(TemplateProblem, match="line 3: division by zero"):
        render("a\n\n{{ 1 / 0 }}")
    with pytest.raises(TemplateProblem, match="line 2: 'str' object is not callable"):
        render("\n{% for k in customer.items() %}{% endfor %}")
    with pytest.raises(TemplateProblem, match="'points2' is undefined"):
        render("{{ customer.points2 + 1 }}")


def test_our_own_additions_need_not_keep_the_authors_rules() -> None:
    part = rewritten("x", "html", add_a_filter_block)
    assert part.render(scope({}, track=str.upper)) == "ABCx"
    assert part.render(scope({})) == "abcx"
    with pytest.raises(TemplateProblem):
        rewritten("{% include 'x' %}", "html", add_a_filter_block)


def add_a_filter_block(source: str) -> str:
    return "{% filter counted %}abc{% endfilter %}" + source


@given(st.text(max_size=60))
def test_any_source_is_either_reported_or_renders(source: str) -> None:
    if problems(source, "html"):
        return
    try:
        assert isinstance(render(source, "html"), str)
    except TemplateProblem as error:
        assert str(error)


@given(st.text(max_size=60))
def test_any_value_renders_as_itself(value: str) -> None:
    assert render("{{ x }}", x=value) == value
