"""Turns of one conversation never overlap, however many processes serve it."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from conftest import ActionServer, free_port
from rasa.core.lock_store import LockError

from bot.inside_rasa import lock_store
from bot.inside_rasa.lock_store import RedisLocks


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of the test's own."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if "Ready to accept connections" in line:
            break
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.communicate()


async def test_two_processes_serve_one_conversation_one_turn_after_the_other(
    open_door: Any, actions: ActionServer, redis_url: str
) -> None:
    doors = [await open_door(REDIS_URL=redis_url) for _ in range(2)]
    running = [0, 0]

    async def balance(call: dict[str, Any]) -> Any:
        running[0] += 1
        running[1] = max(running)
        await asyncio.sleep(0)
        running[0] -= 1
        return {"events": [], "responses": [{"text": "You owe 200.50."}]}

    actions.answers["action_balance"] = balance
    answers = await asyncio.gather(*(doors[n % 2].say("c1", "how much do I owe") for n in range(12)))
    assert not any(answer["failed"] for answer in answers)
    assert running[1] == 1
    conversation = await doors[0].app.ctx.agent.tracker_store.retrieve("c1")
    assert conversation.version == 12


async def test_a_lock_that_is_not_given_back_is_an_error_and_expires(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_store, "LONGEST_WAIT_SECONDS", 0.05)
    one, two = RedisLocks(redis_url), RedisLocks(redis_url)
    async with one.lock("c1", lock_lifetime=0.3):
        async with two.lock("c2"):
            pass
        with pytest.raises(LockError):
            async with two.lock("c1"):
                pass
        monkeypatch.setattr(lock_store, "LONGEST_WAIT_SECONDS", 5)
        async with two.lock("c1"):
            pass
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys("*") == []
    await one.close()
    await two.close()


async def test_without_redis_a_turn_fails_visibly(open_door: Any) -> None:
    door = await open_door(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert (await door.say("c1", "hello"))["error"] == "exception"
