"""One piece of a message as it goes to a provider."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bot.channels.base import Choosable, Style


@dataclass(frozen=True, slots=True)
class Part:
    """A text within the channel's limits, and the choices that are shown as buttons or a list below it.

    `list_button` opens the list. `plain` is the same with the choices as numbered lines, for a provider that will not
    show them; it is None where `body` has them so already.
    """

    body: str
    choices: tuple[Choosable, ...] = ()
    style: Style = Style.PLAIN
    list_button: str = ""
    plain: str | None = None

    @property
    def content(self) -> dict[str, Any] | None:
        """What is kept beside the body of a delivery: the fields above by their names; None for a plain text."""
        if self.style == Style.PLAIN:
            return None
        return {
            "style": str(self.style),
            "choices": [asdict(choice) for choice in self.choices],
            "list_button": self.list_button,
            "plain": self.plain,
        }
