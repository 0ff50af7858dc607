"""How a browser is called in the list of sessions: "Firefox on Windows". Nothing else of what it says is kept."""

from __future__ import annotations

# The first that is found: each of these names others after it.
_BROWSERS = (
    ("Edg/", "Edge"), ("EdgiOS/", "Edge"), ("EdgA/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def words(user_agent: str | None) -> str:
    """A few words for a `User-Agent` header; "A program" for what is no browser."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"A browser on {system}" if system else "A program")


def _first(known: tuple[tuple[str, str], ...], text: str | None) -> str | None:
    return next((name for mark, name in known if mark in (text or "")), None)
