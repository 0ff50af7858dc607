"""axe-core looks at a page, as it is: on a desk and on a phone, in the light and in the dark."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# All rules once in each width and each scheme; crosswise only what a scheme can change.
EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
CONTRAST = EVERY_RULE | {"runOnly": ["color-contrast"]}
VIEWS = ((1280, "light", EVERY_RULE), (1280, "dark", CONTRAST), (390, "light", CONTRAST), (390, "dark", EVERY_RULE))
SEVERE = ("serious", "critical")


class Axe:
    """Looks at one page again and again; `faults` gathers what is serious or critical, and where it was met."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: dict[str, list[str]] = {}
        page.emulate_media(reduced_motion="reduce")

    def look(self, at: str) -> None:
        """At the page as it stands, by the name `at`, in every width and scheme; it is left as it was found."""
        before = self.page.viewport_size
        for width, scheme, rules in VIEWS:
            self.page.set_viewport_size({"width": width, "height": 860})
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for fault in self._found(rules):
                self.faults.setdefault(fault, []).append(f"{at} ({width}, {scheme})")
        self.page.emulate_media(color_scheme="light")
        if before is not None:
            self.page.set_viewport_size(before)

    def is_content(self) -> None:
        """Nothing was found so far. Raises `AssertionError` that tells it all."""
        assert not self.faults, "\n".join(f"{fault}\n  in {', '.join(at)}" for fault, at in self.faults.items())

    def _found(self, rules: dict[str, Any]) -> list[str]:
        # By the browser's own door for tools, which the page's content policy does not guard.
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE_SCRIPT)
        found: dict[str, Any] = self.page.evaluate("rules => axe.run(document, rules)", rules)
        return [
            f"{fault['id']} at {node['target']}: {node['failureSummary']}"
            for fault in found["violations"]
            if fault["impact"] in SEVERE
            for node in fault["nodes"]
        ]
