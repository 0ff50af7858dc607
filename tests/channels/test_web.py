"""The widget's API: what it takes in, what it refuses, and that nothing is lost or said twice."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import uuid
from typing import Any

import httpx
import jwt
import orjson
import pytest
import sqlalchemy as sa

from bot.channels.front_door import FrontDoor
from bot.conversations import distress, handoff, router, transcript, turns
from bot.conversations.assignment import notices
from bot.conversations.dialogue import Answer, Reply
from bot.db import Database
from bot.models import Agent, Author, Conversation, Handoff, Holder, Message, Role
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.served import Visitor
from tests.voices import Voice, empty


async def test_p6_the_first_words_say_that_this_is_a_program_and_p1_imply_no_debt(visitor: Visitor) -> None:
    first = (await visitor.read())["messages"][0]
    assert first["author"] == "bot"
    assert "not a person" in first["text"]
    for word in ("debt", "owe", "overdue", "balance", "invoice"):
        assert word not in first["text"].lower()


async def test_a_message_is_answered_and_read_by_long_poll(visitor: Visitor) -> None:
    [reply] = await visitor.ask("hello")
    assert reply["author"] == "bot"
    assert reply["text"] == "You said: hello"


async def test_the_same_client_id_is_one_message_with_one_answer(visitor: Visitor, voice: Voice) -> None:
    same = str(uuid.uuid4())
    ids = {await visitor.say("hello", client_id=same) for _ in range(3)}
    assert len(ids) == 1
    await visitor.read(ids.pop(), wait=20)
    assert len(voice.turns) == 1


async def test_many_at_once_are_answered_in_order_and_turns_never_overlap(visitor: Visitor, voice: Voice) -> None:
    after = (await visitor.read())["messages"][0]["id"]
    for index in range(12):
        await visitor.say(f"number {index}")
    said: list[str] = []
    while len(said) < 12:
        news = (await visitor.read(after, wait=20))["messages"]
        assert news, "no answer in time"
        said += [message["text"] for message in news if message["author"] == "bot"]
        after = news[-1]["id"]
    assert said == [f"You said: number {index}" for index in range(12)]
    assert [turn.text for turn in voice.turns] == [f"number {index}" for index in range(12)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"client_id": "x", "text": "hi"}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4())}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": ""}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": " \n\t "}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": 7}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": "a", "payload": "/greet"}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "payload": '/choose_plan{"plan": "x"}'}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": "x" * 8_001}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": "x" * 100_000}, 422, "invalid_input"),
        ({"client_id": str(uuid.uuid4()), "text": "x" * 3_000_000}, 413, "too_large"),
    ],
)
async def test_bad_input_gets_a_sentence_and_stores_nothing(
    visitor: Visitor, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await visitor.client.post("/api/chat/messages", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert len(answer.json()["error"]["message"]) > 10
    assert len((await visitor.read())["messages"]) == 1


async def test_broken_json_gets_a_sentence(visitor: Visitor) -> None:
    answer = await visitor.client.post(
        "/api/chat/messages", content=b'{"text": ', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "The body is not valid JSON."


async def test_eight_thousand_characters_are_taken_whole(visitor: Visitor, voice: Voice) -> None:
    await visitor.ask("é" * 8_000)
    assert voice.turns[0].text == "é" * 8_000


async def test_p3_a_card_number_is_gone_before_it_is_stored_or_understood(
    visitor: Visitor, voice: Voice, db: Database
) -> None:
    await visitor.ask("my card is 4242-4242 4242 4242, thanks")
    assert "4242" not in (voice.turns[0].text or "")
    with db.reading() as session:
        stored = " ".join(session.scalars(sa.select(Message.text)))
    assert "4242" not in stored
    assert "[card number removed], thanks" in stored


async def test_markup_comes_back_as_the_text_that_it_is(visitor: Visitor) -> None:
    text = "<script>alert(1)</script><b>bold</b>"
    await visitor.ask(text)
    assert (await visitor.read())["messages"][1]["text"] == text


async def test_a_payload_is_taken_only_if_it_was_offered(visitor: Visitor, voice: Voice) -> None:
    voice.says = lambda turn: Answer([Reply("Which?", [{"title": "Pay it", "payload": "/make_payment"}])], "greet", 1.0)
    await visitor.ask("hello")
    answer = await visitor.post(payload="/make_payment")
    assert answer.status_code == 202
    found = await visitor.read(answer.json()["message_id"], wait=20)
    assert found["messages"]
    assert voice.turns[-1].payload == "/make_payment"
    texts = [message["text"] for message in (await visitor.read())["messages"]]
    assert "Pay it" in texts


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Basic eA==", "Bearer " + "a" * 4000])
async def test_without_a_token_that_holds_there_is_nothing_to_read(visitor: Visitor, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient(base_url=visitor.client.base_url) as stranger:
        for answer in (
            await stranger.get("/api/chat/messages", headers=headers),
            await stranger.get("/api/chat/events", headers=headers),
            await stranger.post("/api/chat/messages", json={}, headers=headers),
        ):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "not_signed_in"


async def test_a_token_of_another_kind_or_key_is_refused(visitor: Visitor) -> None:
    key = settings().secret_key.get_secret_value()
    ahead = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    behind = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    right = {"sub": visitor.conversation_id, "aud": "widget", "exp": ahead}
    for token in (
        jwt.encode({**right, "aud": "desk"}, key),
        jwt.encode(right, key + "x"),
        jwt.encode({**right, "exp": behind}, key),
        jwt.encode({"sub": visitor.conversation_id, "aud": "widget"}, key),
        jwt.encode(right, None, algorithm="none"),
    ):
        answer = await visitor.client.get("/api/chat/messages", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_one_conversation_cannot_be_resumed_from_a_message_of_another(visitor: Visitor) -> None:
    async with httpx.AsyncClient(base_url=visitor.client.base_url) as client:
        other = await Visitor(client).open()
        theirs = (await other.read())["messages"][0]["id"]
    answer = await visitor.client.get("/api/chat/messages", params={"after": theirs})
    assert answer.status_code == 404


async def test_events_are_pushed_and_resumed_without_loss_or_repetition(visitor: Visitor) -> None:
    first = (await visitor.read())["messages"][0]["id"]
    seen = await _events(visitor, None, count=1)
    assert seen == [first]
    await visitor.ask("one")
    await visitor.ask("two")
    everything = [message["id"] for message in (await visitor.read())["messages"]]
    assert await _events(visitor, first, count=4) == everything[1:]
    assert await _events(visitor, everything[2], count=2) == everything[3:]


async def test_an_open_stream_hears_what_another_process_wrote(visitor: Visitor, db: Database) -> None:
    listening = asyncio.create_task(_events(visitor, None, count=2))
    await asyncio.wait({listening}, timeout=0.2)

    def elsewhere() -> None:
        with db.transaction() as session:
            conversation = session.get_one(Conversation, uuid.UUID(visitor.conversation_id))
            transcript.append(session, conversation, author=Author.SYSTEM, text="from elsewhere")

    await asyncio.to_thread(elsewhere)
    assert len(await asyncio.wait_for(listening, 10)) == 2


async def test_an_action_that_failed_is_met_with_an_apology_and_a_second_one_with_a_person(
    visitor: Visitor, voice: Voice, db: Database
) -> None:
    voice.fails = [empty(), empty()]
    [sorry] = await visitor.ask("pay 50")
    assert "sorry" in sorry["text"]
    assert sorry["buttons"][0]["payload"] == turns.PERSON
    [person] = await visitor.ask("pay 50")
    assert "colleague" in person["text"]
    with db.reading() as session:
        conversation = session.get_one(Conversation, uuid.UUID(visitor.conversation_id))
        assert conversation.holder == Holder.QUEUE


async def test_with_rasa_down_the_message_is_kept_and_answered_when_it_is_back(visitor: Visitor, voice: Voice) -> None:
    voice.down = True
    after = await visitor.say("how much is it?")
    [sorry] = (await visitor.read(after, wait=20))["messages"]
    assert "Your message is safe" in sorry["text"]
    voice.down = False
    [answer] = (await visitor.read(sorry["id"], wait=20))["messages"]
    assert answer["text"] == "You said: how much is it?"


async def test_with_rasa_down_who_asks_for_a_person_gets_one_at_once(visitor: Visitor, voice: Voice) -> None:
    voice.down = True
    after = await visitor.say("hello")
    await visitor.read(after, wait=20)
    answer = await visitor.post(payload=turns.PERSON)
    state: dict[str, Any] = {}
    while state.get("holder") != "queue":
        state = (await visitor.read(answer.json()["message_id"], wait=5))["state"]
    assert state == {"holder": "queue", "position": 1, "agent": None}


async def test_with_rasa_down_for_long_a_person_takes_over(
    visitor: Visitor, voice: Voice, clock: SetClock, door: FrontDoor
) -> None:
    voice.down = True
    after = await visitor.say("hello")
    await visitor.read(after, wait=20)
    clock.advance(minutes=2)
    await turns.recover(door.db, voice, door.signals)
    found = await visitor.read(after)
    assert found["state"]["holder"] == "queue"
    assert "colleague" in found["messages"][-1]["text"]


async def test_the_bot_never_talks_over_a_person(visitor: Visitor, voice: Voice, door: FrontDoor) -> None:
    voice.hold()
    after = await visitor.say("hello")
    await asyncio.wait_for(voice.begun.wait(), 5)

    def takes_over() -> None:
        with door.db.transaction() as session:
            agent = Agent(email="ana@example.com", name="Ana", password_hash="x")
            session.add(agent)
            session.flush()
            conversation_id = uuid.UUID(visitor.conversation_id)
            handoff.request(session, conversation_id, reason="wish", skill="general", summary={})
            handoff.claim(session, conversation_id, agent)

    await asyncio.to_thread(takes_over)
    voice.release()
    await asyncio.gather(*door._turns)
    said = (await visitor.read(after))["messages"]
    assert [message["author"] for message in said] == ["system"]
    assert "Ana has joined" in said[0]["text"]


async def test_who_waits_is_told_their_place_seldom_and_may_go_back_to_the_assistant(
    visitor: Visitor, voice: Voice, db: Database
) -> None:
    with db.transaction() as session:
        handoff.request(session, uuid.UUID(visitor.conversation_id), reason="wish", skill="general", summary={})
    after = await visitor.say("anybody there?")
    await visitor.say("hello?")
    found = await visitor.read(after)
    told = [message for message in found["messages"] if message["author"] == "system"]
    assert len(told) == 1
    assert "You're next" in told[0]["text"]
    assert voice.turns == []
    answer = await visitor.post(payload=told[0]["buttons"][0]["payload"])
    assert answer.status_code == 202
    assert (await visitor.read())["state"]["holder"] == "bot"
    await visitor.ask("hello again")
    assert voice.resets == [uuid.UUID(visitor.conversation_id)]


async def test_what_a_crash_left_unanswered_is_answered_once(
    visitor: Visitor, voice: Voice, clock: SetClock, door: FrontDoor
) -> None:
    def crashed() -> None:
        with door.db.transaction() as session:
            received = router.receive(
                session, uuid.UUID(visitor.conversation_id), client_id=str(uuid.uuid4()), text="left behind"
            )
            assert received.begun is not None

    await asyncio.to_thread(crashed)
    assert await turns.recover(door.db, voice, door.signals) == 0
    clock.advance(seconds=30)
    await asyncio.gather(*(turns.recover(door.db, voice, door.signals) for _ in range(4)))
    said = [message["text"] for message in (await visitor.read())["messages"]]
    assert said.count("You said: left behind") == 1


async def test_a_signed_in_customer_comes_back_to_the_same_conversation(visitor: Visitor, db: Database) -> None:
    with db.transaction() as session:
        factories.customer(session, account_number="GT-7001", name="Robin Park")
    secret = settings().identity_secret
    assert secret is not None
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)
    token = jwt.encode({"sub": "GT-7001", "exp": expires}, secret.get_secret_value())
    first = await visitor.open(identity_token=token)
    known = first.conversation_id
    assert "Robin" in (await visitor.read())["messages"][0]["text"]
    assert (await visitor.open(identity_token=token)).conversation_id == known
    refused = await visitor.client.post("/api/chat/sessions", json={"identity_token": token + "x"})
    assert refused.status_code == 403


async def _events(visitor: Visitor, last: str | None, count: int) -> list[str]:
    headers = {"Last-Event-ID": last} if last else {}
    seen: list[str] = []
    async with visitor.client.stream("GET", "/api/chat/events", headers=headers, timeout=20) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data: ") and "created_at" in line:
                seen.append(orjson.loads(line[6:])["id"])
            if len(seen) == count:
                return seen
    return seen


async def test_c12_words_of_crisis_are_heard_while_a_customer_waits_and_a_person_is_brought_first(
    visitor: Visitor, voice: Voice, db: Database
) -> None:
    conversation_id = uuid.UUID(visitor.conversation_id)
    with db.transaction() as session:
        handoff.request(session, conversation_id, reason="request_human", skill="general", summary={}, priority=5)
    after = await visitor.say("I can't go on, I want to die")
    [message] = (await visitor.read(after))["messages"]
    assert "988" in message["text"]
    assert not re.search(r"pay|owe|balance|money|\$", message["text"])
    with db.reading() as session:
        [waiting] = factories.in_line(session)
        assert (waiting.priority, waiting.reason, waiting.skill) == (0, "crisis", "care")
    assert voice.turns == []


async def test_c12_words_of_crisis_to_an_agent_get_help_lines_at_once_and_both_agent_and_supervisor_hear_of_it(
    visitor: Visitor, voice: Voice, db: Database
) -> None:
    conversation_id = uuid.UUID(visitor.conversation_id)
    with db.transaction() as session:
        ana = factories.agent(session, name="Ana")
        sol = factories.agent(session, email="sol@example.com", name="Sol", role=Role.SUPERVISOR)
        handoff.request(session, conversation_id, reason="request_human", skill="general", summary={}, priority=5)
        handoff.claim(session, conversation_id, ana)
    after = await visitor.say("I can't go on, I want to die")
    [message] = (await visitor.read(after))["messages"]
    assert "988" in message["text"]
    assert "Ana can read what you wrote" in message["text"]
    assert not re.search(r"pay|owe|balance|money|\$", message["text"])
    after = await visitor.say("there is no point, I want to die")
    assert (await visitor.read(after))["messages"] == [], "a person speaks now: the lines are not repeated at each word"
    with db.reading() as session:
        under_way = session.scalars(sa.select(Handoff)).one()
        assert (under_way.priority, under_way.reason, under_way.skill) == (0, "crisis", "care")
        for agent in (ana, sol):
            assert [(each.kind, each.conversation_id) for each in notices.unseen(session, agent.id)] == [
                ("crisis", conversation_id)
            ]
    assert voice.turns == []


async def test_design_10_2_the_way_back_to_the_assistant_may_be_typed_while_they_wait(
    visitor: Visitor, db: Database
) -> None:
    conversation_id = uuid.UUID(visitor.conversation_id)
    with db.transaction() as session:
        handoff.request(session, conversation_id, reason="request_human", skill="general", summary={})

    async def holder_after(text: str) -> Holder:
        await visitor.say(text)
        with db.reading() as session:
            return session.get_one(Conversation, conversation_id).holder

    assert await holder_after("hello?") == Holder.QUEUE
    for text in ("1", "the bot was no help"):
        assert await holder_after(text) == Holder.QUEUE
    assert await holder_after("back to the assistant please") == Holder.BOT


async def test_c12_words_of_crisis_are_heard_while_rasa_is_down(visitor: Visitor, voice: Voice) -> None:
    voice.down = True
    after = await visitor.say("i want to kill myself")
    [message] = (await visitor.read(after, wait=20))["messages"]
    assert "988" in message["text"]
    assert (await visitor.read())["state"]["holder"] == "queue"


@pytest.mark.parametrize(
    "text",
    [
        "ive swallowed all my pills", "i have a gun next to me", "nobody would miss me", "i can't see a way out",
        "kms", "I don't wanna be here anymore", "i'm gonna end it", "I want to hang myself", "I'm tired of living",
        "life isn't worth living", "i want 2 die", "kill  myself", "ya no quiero vivir", "me quiero matar",
        "no aguanto más", "quero me matar", "não aguento mais viver", "je veux mourir",
    ],
)  # fmt: skip
def test_c12_despair_is_heard_in_many_words_and_languages(text: str) -> None:
    assert distress.is_heard(text)


@pytest.mark.parametrize(
    "text",
    [
        "this app is killing me", "I'd kill for a discount", "my phone died", "ending the plan",
        "is it worth paying now", "I took my time", "I'm tired of this bill", "quiero pagar", "quero pagar 50",
    ],
)  # fmt: skip
def test_figures_of_speech_are_no_crisis(text: str) -> None:
    assert not distress.is_heard(text)


async def test_a_turn_that_asked_for_a_person_and_broke_off_says_so_later(
    visitor: Visitor, voice: Voice, door: FrontDoor, clock: SetClock
) -> None:
    conversation_id = uuid.UUID(visitor.conversation_id)

    def crashed() -> None:
        with door.db.transaction() as session:
            router.receive(session, conversation_id, client_id=str(uuid.uuid4()), text="a person please")
            handoff.request(session, conversation_id, reason="request_human", skill="general", summary={})

    await asyncio.to_thread(crashed)
    await turns.recover(door.db, voice, door.signals)
    assert (await visitor.read())["messages"][-1]["author"] == "customer"
    clock.advance(minutes=1)
    for _ in range(2):
        await turns.recover(door.db, voice, door.signals)
    said = (await visitor.read())["messages"]
    assert [message["author"] for message in said] == ["bot", "customer", "system"]
    assert "colleague" in said[-1]["text"]


@pytest.mark.parametrize(
    ("asked", "kept"), [("en-MX", "en"), ("pt_br", "pt-BR"), ("xx-YY", "en-US"), ("zh-Hant-TW", "zh-TW"), ("es", "es")]
)
async def test_a_browsers_locale_becomes_one_in_which_amounts_can_be_written(
    visitor: Visitor, db: Database, asked: str, kept: str
) -> None:
    await visitor.open(locale=asked)
    with db.reading() as session:
        assert session.get_one(Conversation, uuid.UUID(visitor.conversation_id)).locale == kept


@pytest.mark.parametrize("words", [None, "i want to kill myself"])
async def test_who_was_given_to_a_person_during_an_outage_is_told_so_once(
    visitor: Visitor, voice: Voice, door: FrontDoor, clock: SetClock, words: str | None
) -> None:
    voice.down = True
    after = await visitor.say("hello")
    await visitor.read(after, wait=20)
    await asyncio.gather(*door._turns)
    answer = await (visitor.post(payload=turns.PERSON) if words is None else visitor.post(words))
    assert answer.status_code == 202
    told = (await visitor.read())["messages"]
    clock.advance(minutes=1)
    await turns.recover(door.db, voice, door.signals)
    assert (await visitor.read())["messages"] == told
