"""What Rasa's process is told by its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    """The settings of `python -m bot.inside_rasa.server`."""

    port: int
    token: str
    actions_url: str
    tracker_url: str
    redis_url: Optional[str]
    model: Path

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Reads them; raises SystemExit with the name of a wrong one and what is expected."""
        settings = cls(
            port=_port(environment.get("GT_RASA_PORT") or "5005"),
            token=environment.get("GT_RASA_TOKEN", ""),
            actions_url=environment.get("GT_ACTIONS_URL") or "http://127.0.0.1:5055/webhook",
            tracker_url=environment.get("GT_TRACKER_URL") or "sqlite:///var/tracker.db",
            redis_url=environment.get("REDIS_URL") or None,
            model=Path(environment.get("GT_RASA_MODEL") or "models"),
        )
        _expect("GT_ACTIONS_URL", settings.actions_url, ("http", "https"))
        _expect("GT_TRACKER_URL", settings.tracker_url, ("sqlite", "postgresql", "postgres"))
        if settings.redis_url:
            _expect("REDIS_URL", settings.redis_url, ("redis", "rediss"))
        return settings


def _port(given: str) -> int:
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise SystemExit("GT_RASA_PORT must be a port number between 1 and 65535.")
    return int(given)


def _expect(name: str, url: str, schemes: tuple[str, ...]) -> None:
    if urlsplit(url).scheme.split("+")[0] not in schemes:
        raise SystemExit(f"{name} must be an address that begins with {' or '.join(f'{s}://' for s in schemes)}.")
