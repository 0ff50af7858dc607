"""The pages: who gets which, what they load, and that nothing in them is markup by accident."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.desk import pages
from bot.models import Agent
from tests.desk.desks import Desk, Visit

STATIC = Path(pages.__file__).parent / "static"


@pytest.fixture
def desk(sqlite_desk: Desk) -> Desk:
    """Pages read one row; one database will do."""
    return sqlite_desk


@pytest.mark.parametrize("path", ["/desk", "/desk/conversations/0190b0a0-0000-7000-8000-000000000000"])
def test_who_is_not_signed_in_is_led_to_the_door_and_back(nobody: Visit, path: str) -> None:
    answer = nobody.http.request("GET", path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/sign-in?next={path}")
    assert f'data-next="{path}"' in nobody.http.request("GET", answer.headers["location"]).text


@pytest.mark.parametrize(
    "next_", ["https://evil.example", "//evil.example", "/shop", "/deskevil", "javascript:alert(1)", '/desk/"><script>']
)
def test_the_door_leads_nowhere_but_to_the_desk(nobody: Visit, ana: Visit, next_: str) -> None:
    page = nobody.http.request("GET", "/desk/sign-in", params={"next": next_}).text
    assert 'data-next="/desk' in page
    assert "<script>" not in page
    assert "evil" not in page
    location = ana.http.request("GET", "/desk/sign-in", params={"next": next_}).headers["location"]
    assert location.startswith("/desk")
    assert "evil" not in location


def test_a_name_is_text_on_the_page(desk: Desk, ana: Visit) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).name = '"><script>alert(1)</script>'
    page = ana.http.request("GET", "/desk").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_pages_hold_no_inline_script_or_style_and_load_only_what_is_there(nobody: Visit, sol: Visit) -> None:
    own = [sol.http.request("GET", path).text for path in ("/desk", "/desk/me", "/desk/team", "/desk/audit")]
    for page in (nobody.http.request("GET", "/desk/sign-in").text, *own):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", page)
        loaded = re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', page)
        assert loaded
        for address in loaded:
            answer = nobody.http.request("GET", address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]


def test_only_the_desks_own_files_are_served(nobody: Visit) -> None:
    for name in ("../routes.py", "..%2Froutes.py", "none.js", "desk.html"):
        assert nobody.http.request("GET", f"/desk/static/0/{name}").status_code == 404


def test_a_script_imports_only_its_neighbours_and_makes_no_markup_of_strings() -> None:
    for script in STATIC.glob("*.js"):
        text = script.read_text()
        for imported in re.findall(r"from '([^']+)'|import '([^']+)'", text):
            assert (STATIC / "".join(imported)).is_file(), f"{script.name}: {imported}"
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), (
            script.name
        )


def test_only_a_supervisors_page_lists_what_colleagues_have(ana: Visit, sol: Visit) -> None:
    assert "With colleagues" not in ana.http.request("GET", "/desk").text
    assert "With colleagues" in sol.http.request("GET", "/desk").text


def test_an_address_that_cannot_be_read_is_answered_by_a_page(sol: Visit) -> None:
    for path in (
        "cases?status=%00",
        "cases?after=99999999999999999999",
        "follow-ups?everybody=%00",
        "learning/reviews/x",
    ):
        answer = sol.http.request("GET", f"/desk/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8"), path
        assert "This address can&#39;t be read." in answer.text
