"""Reports: their charts, tables and files say the same, with bases, for those who may see them."""

import csv
import io
import json
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from journeys.admin.ways import of_journey
from journeys.models import Journey
from journeys.queries.report import report
from profiles.admin import charts as kit
from profiles.core import charts as shapes
from profiles.models import Customer
from profiles.queries import clock
from tests.admin.pages import Page
from tests.world import World

REPORTS = ("value", "stages", "retention", "overlap")
JOURNEY = "/admin/journeys/journey/abandoned-cart/report/"


def charts_of(page: Any) -> dict[str, kit.Chart]:
    """The charts of a page by their names; a journey's arms stand apart."""
    arms = [page.context["arms"]] if "arms" in page.context else []
    return {chart.key: chart for chart in [*page.context["charts"], *arms]}


def values(chart: kit.Chart, column: int) -> list[Any]:
    return [row.values[column] for row in chart.rows]


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_opens_for_whoever_sees_customers(
    shop: World, anna: Client, vera: Client, nick: Client, name: str
) -> None:
    url = reverse(f"admin:report_{name}")
    assert anna.get(url).status_code == vera.get(url).status_code == 200
    assert nick.get(url).status_code == nick.get(f"{url}?csv=rfm").status_code == 403
    assert Client().get(url).status_code == 302
    assert anna.post(url).status_code == 405
    assert url not in nick.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("url", [*(f"/admin/reports/{name}/" for name in REPORTS), JOURNEY])
def test_options_are_plain_json_with_words_for_every_item(
    shop: World, anna: Client, url: str
) -> None:
    for chart in charts_of(anna.get(url)).values():
        option = json.loads(json.dumps(chart.option, allow_nan=False))
        assert option["tooltip"]["formatter"] == "$told"
        for item in option["series"][0]["data"]:
            assert item["told"]
        for row in chart.table:
            assert len(row) == len(chart.columns)


@pytest.mark.parametrize("url", [*(f"/admin/reports/{name}/" for name in REPORTS), JOURNEY])
def test_a_file_holds_the_numbers_of_the_table(shop: World, anna: Client, url: str) -> None:
    for key, chart in charts_of(anna.get(url)).items():
        if not chart.rows:
            continue
        answer = anna.get(url + chart.address)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert f'filename="{key}.csv"' in answer["Content-Disposition"]
        head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head == [column.label for column in chart.columns]
        assert [
            ["" if value is None else str(value) for value in row.values] for row in chart.rows
        ] == rows


def test_an_unknown_file_is_not_found(shop: World, anna: Client) -> None:
    assert anna.get(reverse("admin:report_value") + "?csv=nothing").status_code == 404
    assert anna.get(f"{JOURNEY}?csv=../etc").status_code == 404


def test_no_cell_of_a_file_is_a_formula(rf: Any) -> None:
    chart = kit.Chart(
        key="k",
        title="",
        note="",
        option={},
        columns=[kit.Column("=name"), kit.Column("n", "number")],
        rows=[kit.Row(("=HYPERLINK(1)", -3)), kit.Row(("+1", None)), kit.Row(("plain", 2.5))],
    )
    found = kit.answer(rf.get("/", {"csv": "k"}), [chart])
    assert found is not None
    assert found.content.decode("utf-8-sig").splitlines() == [
        "'=name,n",
        "'=HYPERLINK(1),-3",
        "'+1,",
        "plain,2.5",
    ]


def test_every_field_leads_to_as_many_customers_as_it_says(shop: World, anna: Client) -> None:
    charts = charts_of(anna.get(reverse("admin:report_value")))
    looked = 0
    for key, column in (("rfm", 2), ("segments", 2)):
        for row in charts[key].rows:
            if row.values[column]:
                listed = anna.get(row.url).context["cl"].result_count
                assert listed == row.values[column], row
                looked += 1
    assert looked >= 2
    everybody = Customer.objects.filter(merged_into=None, lifecycle__isnull=False).count()
    assert sum(values(charts["segments"], 2)) == everybody


def test_what_is_drawn_is_what_the_table_says(shop: World, anna: Client) -> None:
    charts = charts_of(anna.get(reverse("admin:report_value")))
    cells = charts["rfm"].option["series"][0]["data"]
    drawn = sorted((5 - cell["value"][1], 5 - cell["value"][0], cell["said"]) for cell in cells)
    told = sorted(
        (6 - r, 6 - f, f"{n}\n{kit.shown('percent', share)}")
        for r, f, n, share, _each in (row.values for row in charts["rfm"].rows)
    )
    assert [cell[2] for cell in drawn] == [cell[2] for cell in told]
    fields = charts["segments"].option["series"][0]["data"]
    counted = [number for number in values(charts["segments"], 2) if number]
    assert sorted(field["value"] for field in fields) == sorted(counted)
    stages = charts_of(anna.get(reverse("admin:report_stages")))["stages"]
    links = stages.option["series"][0]["links"]
    assert [link["value"] for link in links] == values(stages, 2)


def test_stages_of_this_month_end_where_customers_stand(shop: World, anna: Client) -> None:
    chart = charts_of(anna.get(reverse("admin:report_stages")))["stages"]
    standing = Customer.objects.filter(merged_into=None, lifecycle__isnull=False).count()
    assert sum(values(chart, 2)) == standing


@pytest.mark.parametrize("asked", ["", "?month=2026-13", "?month=%00", "?months=x", "?months=-1"])
def test_a_strange_address_shows_the_usual_page(shop: World, anna: Client, asked: str) -> None:
    for name in REPORTS:
        assert anna.get(reverse(f"admin:report_{name}") + asked).status_code == 200
    assert anna.get(f"{JOURNEY}?days=1e9").status_code == 200


def test_arms_are_drawn_with_the_lift_and_interval_of_the_report(shop: World) -> None:
    found = report("abandoned-cart")
    journey = Journey.objects.get(slug="abandoned-cart")
    chart = of_journey(journey.pk, found, period="all", now=clock.now())[-1]
    arms = [arm for each in found["experiments"] for arm in each["arms"]]
    measured = [arm for arm in arms if arm["low"] is not None]
    drawn = [item["value"][1:] for item in chart.option["series"][0]["data"]]
    assert drawn == [
        [max(-1.0, min(5.0, arm[key])) for key in ("low", "lift", "high")] for arm in measured
    ]
    assert values(chart, 5) == [arm["lift"] for arm in arms]
    assert [row.values[6:8] for row in chart.rows] == [(arm["low"], arm["high"]) for arm in arms]
    assert measured


def test_numbers_are_written_in_the_language_of_the_reader(shop: World, anna: Client) -> None:
    anna.post(reverse("admin:set_language"), {"language": "ru", "next": "/admin/"})
    page = anna.get(reverse("admin:report_value"))
    chart = charts_of(page)["segments"]
    assert chart.title == "Сегменты жизненного цикла"
    assert any("," in text for row in chart.table for column, text, _ in row if column.is_number)
    assert "Показать таблицей" in page.content.decode()


def test_only_pages_with_a_chart_load_the_script(shop: World, anna: Client) -> None:
    script = "/static/charts/charts.js"
    for url in (reverse("admin:report_value"), JOURNEY, reverse("admin:index")):
        assert script in Page(anna.get(url).content.decode()).scripts
    listed = anna.get(reverse("admin:profiles_customer_changelist")).content.decode()
    assert script not in Page(listed).scripts


def test_a_mark_stands_at_its_column() -> None:
    items = [shapes.Item(str(n), n, "told") for n in range(3)]
    option = shapes.columns(items, across="days", mark=(1, "median"))
    assert option["series"][0]["markLine"]["data"] == [{"xAxis": 1}]
    assert "markLine" not in shapes.columns(items, across="days")["series"][0]


def test_the_charts_are_light_enough() -> None:
    import gzip

    built = django_settings.BASE_DIR / "config/static/charts"
    weight = sum(len(gzip.compress(path.read_bytes())) for path in built.glob("*.js"))
    assert weight <= 260 * 1024
    assert len(gzip.compress((built / "charts.js").read_bytes())) <= 3 * 1024
