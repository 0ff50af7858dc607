"""Charts: the numbers are in them, they say what they are, and nothing in them needs a weaker content policy."""

from __future__ import annotations

import importlib.util
import re
from xml.etree import ElementTree

import pygal.etree
import pytest

from bot.desk.insights import charts, numbers

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=["lxml", "standard library"])
def _both(request: pytest.FixtureRequest) -> None:
    """The charts' library builds on lxml where it is installed, else on the standard library."""
    if request.param == "lxml" and importlib.util.find_spec("lxml") is None:
        pytest.skip("lxml is not installed")
    if request.param == "lxml":
        pygal.etree.etree.to_lxml()
    else:
        pygal.etree.etree.to_etree()


@pytest.mark.usefixtures("_both")
@pytest.mark.parametrize("draw", [charts.columns, charts.rows])
def test_a_chart_is_a_picture_with_a_name_and_its_values_as_titles(draw: object) -> None:
    labels = ["<b>Mar 2</b>", "Mar 9"]
    svg = draw('Talks & "more"', labels, {"Payment": [3, 1_200], "Plan": [1, 0]}, numbers.count)  # type: ignore[operator]
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    named = [
        title.text for title in root.iter(f"{SVG}title") if title.attrib.get("id") == root.attrib["aria-labelledby"]
    ]
    assert named == ['Talks & "more"']
    bars = [bar.find(f"{SVG}title") for bar in root.iter(f"{SVG}g") if bar.attrib.get("class") == "bar"]
    assert sorted(bar.text or "" for bar in bars if bar is not None) == ["0", "1", "1,200", "3"]
    assert "<b>" not in svg


@pytest.mark.usefixtures("_both")
@pytest.mark.parametrize("values", [[], [0], [0, 0], [5], [-100, 50], [10**12]])
def test_any_values_can_be_drawn_without_script_or_style(values: list[int]) -> None:
    svg = charts.columns("Recovered", [str(number) for number in range(len(values))], {"USD": values}, numbers.count)
    ElementTree.fromstring(svg)
    assert not re.search(r"<script|<style|\bstyle=|\bon[a-z]+=|<defs|href=", svg)


def test_no_two_charts_of_a_page_share_a_name() -> None:
    drawn = [charts.columns("Same", ["a"], {"b": [1]}, numbers.count) for _ in range(2)]
    ids = [re.findall(r'id="([^"]+)"', svg) for svg in drawn]
    assert ids[0] != ids[1]
    assert all(len(each) == 1 for each in ids)
