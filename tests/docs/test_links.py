"""Every link leads somewhere, every page can be found."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, REPOSITORY, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page):
        place, _, anchor = link.partition("#")
        if "://" in place or place.startswith("mailto:"):
            continue
        target = (REPOSITORY / page.parent / place).resolve() if place else REPOSITORY / page
        known = target.suffix == ".md" and target.is_file() and anchor in anchors(target)
        if not target.exists() or (anchor and not known):
            lost.append(link)
    assert lost == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (REPOSITORY / page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in links(page)
        if "://" not in link and not link.startswith("#")
    }
    folders = {path for path in linked if path.is_dir()}
    alone = [
        str(page)
        for page in PAGES
        if (REPOSITORY / page) not in linked and (REPOSITORY / page).parent not in folders
    ]
    assert alone in (["README.md"], ["CHANGELOG.md", "README.md"])
