"""What went wrong in a turn: Rasa catches it, logs it and answers nothing; here it is kept until the turn is judged."""

import asyncio
from contextvars import ContextVar
from enum import Enum
from functools import wraps
from typing import Any, Awaitable, Callable, List, Optional

import aiohttp
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction

_noted: ContextVar[Optional[List["Failure"]]] = ContextVar("failures_of_this_turn", default=None)


class Failure(str, Enum):
    """Why a turn failed, as the caller reads it in `error`."""

    ACTION_UNREACHABLE = "action_unreachable"
    ACTION_TIMEOUT = "action_timeout"
    ACTION_REJECTED = "action_rejected"
    ACTION_FAILED = "action_failed"
    ACTION_LIMIT = "action_limit"
    NO_REPLY = "no_reply"
    NOT_SAVED = "not_saved"
    BUSY = "busy"
    UNKNOWN_INTENT = "unknown_intent"
    EXCEPTION = "exception"


class TurnFailed(Exception):
    """The turn cannot go on; nothing of it is saved."""

    def __init__(self, failure: Failure) -> None:
        """Takes why."""
        super().__init__(failure.value)
        self.failure = failure


def begin() -> List[Failure]:
    """Starts an empty list for this task's turn and returns it."""
    noted: List[Failure] = []
    _noted.set(noted)
    return noted


def noted() -> List[Failure]:
    """What was noted in this task's turn so far."""
    return _noted.get() or []


def note(failure: Failure) -> None:
    """Notes a failure for this task's turn; outside a turn it does nothing."""
    kept = _noted.get()
    if kept is not None:
        kept.append(failure)


def watch_actions() -> None:
    """Makes every call of the action server note its failure. A second call does nothing.

    A rejection is not noted: a validation may reject its form on purpose. The processor judges it.
    """
    run: Callable[..., Awaitable[Any]] = RemoteAction.run
    if getattr(run, "watched", False):
        return

    @wraps(run)
    async def watched(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        try:
            return await run(self, *args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            note(_kind(error))
            raise

    watched.watched = True  # type: ignore[attr-defined]
    RemoteAction.run = watched


def _kind(error: BaseException) -> Failure:
    if isinstance(error, asyncio.TimeoutError):
        return Failure.ACTION_TIMEOUT
    cause = error.__cause__ or error.__context__
    if isinstance(error, aiohttp.ClientConnectionError) or isinstance(cause, aiohttp.ClientConnectionError):
        return Failure.ACTION_UNREACHABLE
    return Failure.ACTION_FAILED
