"""A log that names places and kinds, never what a customer said or owes (rule P7).

Rasa writes messages, slot values and answers of actions into its own log lines and into the texts of its exceptions.
While it starts there is no customer and its lines are worth reading; from then on, of anything that is not ours only
the logger, the line of code and the kind of exception are written.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, List, Optional, Tuple, Type, Union

import structlog

OURS = "bot.inside_rasa"

ExceptionInfo = Union[
    Tuple[Type[BaseException], BaseException, Optional[TracebackType]],
    Tuple[None, None, None],
]


class PrivateFormatter(logging.Formatter):
    """Formats a record; once `discreet` is true, foreign messages and all exception texts are left out."""

    discreet = False

    def __init__(self) -> None:
        """Needs nothing."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the kinds and places of an exception and its causes behind it."""
        if self.discreet and not record.name.startswith(OURS):
            record = logging.makeLogRecord(
                {**record.__dict__, "msg": f"{record.module}:{record.lineno}", "args": None, "stack_info": None}
            )
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: ExceptionInfo) -> str:
        """Kind and place of each exception in the chain; before the first customer, the whole traceback."""
        if not self.discreet:
            return super().formatException(ei)
        lines: List[str] = []
        error = ei[1]
        while error is not None and len(lines) < 10:
            frames = traceback.extract_tb(error.__traceback__)
            place = f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else "?"
            lines.append(f"  {type(error).__module__}.{type(error).__qualname__} at {place}")
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


def configure(level: int = logging.INFO) -> PrivateFormatter:
    """Sends everything (Rasa's structlog lines and warnings too) through one handler; returns its formatter."""
    formatter = PrivateFormatter()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # Rasa warns of itself and of what it pins on every start; its checks of our data are `rasa data validate`'s.
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    for name in ("apscheduler", "sanic.root", "matplotlib", "botocore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        processors=[_event_alone],
        cache_logger_on_first_use=True,
    )
    return formatter


def _event_alone(logger: Any, method: str, event: structlog.types.EventDict) -> str:
    return str(event.get("event", ""))
