"""Charts as SVG, drawn on the server. Colours and fonts are the page's (`insights.css`), so that light and dark fit.

The library draws for pages of its own: what it adds for them, styles, a script and attributes that our content policy
refuses, is taken out again, and its descriptions become titles, which browsers show and read.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pygal  # type: ignore[import-untyped]
from markupsafe import Markup

SVG = "{http://www.w3.org/2000/svg}"
LABELS_MOST = 9

_numbers = itertools.count(1)

# For maps, which we do not draw, the library adds an importer of a kind that Python no longer asks.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]


def columns(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], text: Callable[[Any], str]
) -> Markup:
    """Standing bars over `labels`, one series upon the other. `text` writes a value."""
    return _drawn(pygal.StackedBar, title, labels, series, text, height=260)


def rows(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], text: Callable[[Any], str]
) -> Markup:
    """Lying bars, the first on top."""
    turned = {name: list(reversed(values)) for name, values in series.items()}
    height = 60 + 30 * len(labels)
    return _drawn(
        pygal.HorizontalStackedBar, title, list(reversed(labels)), turned, text, height=height, margin_left=150
    )


def _drawn(
    kind: Any,
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    text: Callable[[Any], str],
    **size: int,
) -> Markup:
    chart = kind(
        width=720,
        margin=10,
        css=[],
        js=[],
        show_legend=False,
        disable_xml_declaration=True,
        formatter=lambda value: text(value or 0),
        value_formatter=text,
        x_labels_major_count=min(len(labels), LABELS_MOST),
        show_minor_x_labels=len(labels) <= LABELS_MOST,
        order_min=0,
        min_scale=2,
        max_scale=5,
        **size,
    )
    chart.x_labels = labels
    for name, values in series.items():
        chart.add(name, values)
    chart.add_xml_filter(lambda root: _made_ours(root, title))
    # The library escapes every text that goes into it.
    return Markup(chart.render(is_unicode=True))  # noqa: S704


def _made_ours(root: Any, title: str) -> Any:
    for parent in list(root.iter()):
        for child in list(parent):
            foreign = child.tag in ("defs", f"{SVG}defs") or not isinstance(child.tag, str)
            if foreign or "style" in child.attrib:
                parent.remove(child)
            elif child.tag.removeprefix(SVG) == "desc":
                _told(parent, child)
    name = root.find("title")
    name.text, name.attrib["id"] = title, f"chart-{next(_numbers)}"
    root.attrib.pop("id", None)
    root.attrib.update({"role": "img", "aria-labelledby": name.attrib["id"]})
    return root


def _told(parent: Any, description: Any) -> None:
    """The value becomes the bar's title; where its middle lies is of use to the library's script alone."""
    if description.attrib.get("class") == "value":
        description.tag = description.tag.replace("desc", "title")
        description.attrib.pop("class")
    else:
        parent.remove(description)
