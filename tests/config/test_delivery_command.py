"""Journeys as code and what customers would get: the proof, the plan's problems, the override."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from channels.models import LinkCheck
from channels.queries import linkchecks
from journeys import tasks
from journeys.models import Version
from journeys.operations import draft, publish, watch
from tests.emulators.site import Site
from tests.world import World

SALE = """\
journey: sale
enter: {on: {event: Signed Up}, holdout: 10}
goal: {event: Order Completed}
steps:
  - id: mail
    send:
      channel: [email, sms]
      subject: "Sale, {{ customer.nick }}"
      html: '<a href="URL/sale">Go</a> <a href="URL/of/{{ customer.nick }}">Yours</a>'
      text: "Sale for {{ customer.firstName|default('you') }}: URL/sale"
"""


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_GLOBAL_CONTROL = 0
    return World()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/sale": 200, "/of/": 200, "/of/Al": 200}) as emulator:
        yield emulator


@pytest.fixture
def file(tmp_path: Path, site: Site, world: World) -> Path:
    world.meet("alice", nick="Al")
    path = tmp_path / "sale.yaml"
    path.write_text(SALE.replace("URL", site.url))
    return path


def run(*arguments: Any) -> list[str]:
    out = StringIO()
    call_command("journeys", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_plan_tells_what_is_broken_and_writes_no_version(file: Path, site: Site) -> None:
    assert not any("sale:" in line for line in run("plan", file))
    site.pages.pop("/sale")
    (line,) = [line for line in run("plan", file) if "HTTP 404" in line]
    assert line.startswith(f"{file}:6: steps[mail].send: {site.url}/sale: The page is not there")
    assert Version.objects.count() == 0


def test_apply_refuses_what_is_broken_unless_there_is_a_reason(file: Path, site: Site) -> None:
    site.pages.pop("/sale")
    with pytest.raises(CommandError, match="--override and a reason"):
        run("apply", file)
    assert Version.objects.count() == 0
    assert linkchecks.troubled() == []
    run("apply", file, "--override", "It opens at noon.")
    assert Version.objects.get().override == "It opens at noon."
    assert [each.uses for each in linkchecks.troubled()] == [["sale/mail"]]


def test_apply_of_what_is_whole_keeps_no_reason(file: Path) -> None:
    run("apply", file, "--override", "no need")
    assert Version.objects.get().override == ""
    site_asked = LinkCheck.objects.count()
    run("apply", file)
    assert LinkCheck.objects.count() == site_asked == 2


def test_the_proof_is_told_as_a_table_and_as_the_api_answers_it(
    file: Path, site: Site, world: World
) -> None:
    world.meet("bob")
    run("apply", file)
    told = "\n".join(run("proof", "sale", "--sample", 5, "--segments", 1))
    assert "sale: read for 2 customers." in told
    assert "mail · email: 2 of 2 rendered" in told
    assert "customer.nick" in told
    assert "SMS segments" in told
    found = json.loads("\n".join(run("proof", "sale", "--live", "--json")))
    assert (found["version"], found["customers"]) == (1, 2)
    assert [each["channel"] for each in found["steps"]] == ["email", "sms"]
    with pytest.raises(CommandError, match="no journey “none”"):
        run("proof", "none")


def test_the_proof_says_whose_events_it_was_read_with(file: Path, world: World) -> None:
    world.meet("bob")
    world.does("alice", "Signed Up")
    run("apply", file)
    assert f"with one of customer {world.id('alice')} (Signed Up" in "\n".join(run("proof", "sale"))


def test_every_night_what_live_journeys_show_is_looked_at(
    file: Path, site: Site, world: World
) -> None:
    run("apply", file)
    LinkCheck.objects.all().delete()
    site.asked.clear()
    site.pages.pop("/sale")
    tasks.watch_links()
    assert site.asked == ["HEAD /sale", "GET /sale"]
    (found,) = linkchecks.troubled()
    assert (found.url, found.uses) == (f"{site.url}/sale", ["sale/mail"])


STAYED = """\
journey: stayed
enter: {on: {event: Signed Up}}
steps:
  - {id: pause, wait: 3d}
  - {id: mail, send: {channel: email, subject: S, html: '<a href="URL/sale">Go</a>'}}
"""
LATER = """\
journey: stayed
enter: {on: {event: Signed Up}}
steps:
  - {id: letter, send: {channel: email, subject: S, html: '<a href="URL/of/Al">Go</a>'}}
"""


def test_every_night_also_what_an_old_version_shows_is_looked_at(site: Site, world: World) -> None:
    world.meet("alice")
    world.journey(STAYED.replace("URL", site.url))
    world.does("alice", "Signed Up")
    draft.save("stayed", LATER.replace("URL", site.url), revision=1, by="anna", now=world.now)
    publish.publish(
        "stayed", by="anna", note="", now=world.now, move={"pause": "stay"}, confirm=True
    )
    LinkCheck.objects.all().delete()
    tasks.watch_links()
    looked = {check.url: check.uses for check in LinkCheck.objects.all()}
    assert looked == {
        f"{site.url}/sale": ["stayed/mail"], f"{site.url}/of/Al": ["stayed/letter"],
    }  # fmt: skip


def test_every_night_the_links_of_late_are_looked_at(
    file: Path, site: Site, world: World, settings: Any
) -> None:
    from channels.models import Link

    Link.objects.create(hash="h", url=f"{site.url}/of/Al")
    Link.objects.update(first_at=world.now)
    assert watch.watch_links(now=world.now) == 1
    assert LinkCheck.objects.get().uses == [linkchecks.ANYWHERE]
    settings.SOJOURN_SANDBOX = True
    assert watch.watch_links(now=world.now) == 0
