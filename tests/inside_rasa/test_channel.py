"""The channel's contract: who may ask, what shape a request has, and that a failing turn says so."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from conftest import TOKEN, ActionServer, Door, says

from bot.inside_rasa.channel import LARGEST_BODY, LONGEST_TEXT, GoodTermsInput


def repr_of(value: Any) -> str:
    """A short name for a parameter."""
    return repr(value[:12])


GOOD = {"conversation_id": "c1", "message_id": "m1", "text": "hello"}


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "ü", TOKEN.upper()])
async def test_a_request_without_the_token_is_refused(door: Door, token: Any) -> None:
    status, answer = await door.post(GOOD, token=token)
    assert (status, answer["error"]["code"]) == (401, "unauthorised")


@pytest.mark.parametrize("token", ["", "short"])
def test_without_a_token_setting_it_refuses_to_start_and_says_what_is_missing(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GT_RASA_TOKEN", raising=False)
    with pytest.raises(SystemExit, match="GT_RASA_TOKEN is missing or too short"):
        GoodTermsInput.from_credentials({"token": token} if token else None)


async def test_an_answer_has_replies_intent_ranking_and_says_that_nothing_failed(door: Door) -> None:
    answer = await door.say("c1", "hello", locale="en-US")
    first, second = answer["replies"]
    assert first["text"] == "Hello! I am a bot."
    assert first["buttons"][0] == {"title": "Balance", "payload": "/check_balance"}
    assert (second["text"], second["buttons"], second["custom"]) == ("How are you?", [], None)
    assert answer["intent"]["name"] == "greet"
    assert answer["intent"]["confidence"] > 0.9
    assert next(ranked["name"] for ranked in answer["ranking"]) == "greet"
    assert len(answer["ranking"]) == 3
    assert (answer["failed"], answer["error"]) == (False, None)


async def test_what_one_utterance_makes_is_one_reply_with_its_paragraphs(door: Door) -> None:
    (reply,) = (await door.say("c1", "let me talk to a person"))["replies"]
    assert reply["text"] == "I am passing you on.\n\nOne moment."
    (reply,) = (await door.say("c1", "how much do I owe"))["replies"]
    assert reply == {"text": "You owe 200.50.", "buttons": [], "custom": {"card": {"kind": "invoices"}}}


@pytest.mark.parametrize("text", ["/request_human", "  /request_human", '/give_amount{"amount": "1"}', "/restart", "/"])
async def test_a_text_with_a_leading_slash_is_a_text_and_never_an_intent(door: Door, text: str) -> None:
    answer = await door.say("c1", text)
    assert answer["intent"]["name"] == "nlu_fallback"
    assert answer["intent"]["confidence"] < 0.5
    conversation = await door.app.ctx.agent.tracker_store.retrieve("c1")
    assert conversation.latest_message.text == text.strip()
    assert conversation.latest_message.entities == []


async def test_a_payload_is_the_intent_that_it_names_with_its_entities(door: Door) -> None:
    answer = await door.say("c1", payload='/make_payment{"amount": "50"}', text=None)
    assert answer["intent"] == {"name": "make_payment", "confidence": 1.0}
    assert (await door.app.ctx.agent.tracker_store.retrieve("c1")).get_slot("amount") == "50"


async def test_a_payload_of_an_unknown_intent_fails_visibly(door: Door) -> None:
    answer = await door.say("c1", payload="/of_an_older_model")
    assert (answer["failed"], answer["error"], answer["replies"]) == (True, "unknown_intent", [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"conversation_id": None}, "conversation_id must be"),
        ({"conversation_id": "a b"}, "conversation_id must be"),
        ({"conversation_id": "a" * 201}, "conversation_id must be"),
        ({"message_id": 7}, "message_id must be"),
        ({"message_id": "m\n"}, "message_id must be"),
        ({"text": 5}, "text must be a string"),
        ({"text": None}, "exactly one of text, payload and reset"),
        ({"payload": "/greet"}, "exactly one of text, payload and reset"),
        ({"reset": True}, "exactly one of text, payload and reset"),
        ({"reset": "yes"}, "reset must be true or false"),
        ({"text": None, "payload": "greet"}, "payload must be"),
        ({"text": None, "payload": "/greet{broken"}, "payload must be"),
        ({"text": None, "payload": "/greet[1]"}, "payload must be"),
        ({"locale": "../etc"}, "locale must be"),
        ({"slots": [1]}, "slots must be a JSON object"),
        ({"slots": {"balance": 1}}, "no slot named 'balance'"),
        ({"sender": "x"}, "field that is not known"),
        ({"text": "x" * (LONGEST_TEXT + 1)}, f"longer than {LONGEST_TEXT} characters"),
    ],
)
async def test_a_wrong_shape_is_refused_with_a_sentence(door: Door, change: Any, sentence: str) -> None:
    status, answer = await door.post({**GOOD, **change})
    assert status == 422
    assert sentence in answer["error"]["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff", b"[" * 50_000], ids=repr_of)
async def test_a_body_that_is_no_json_object_is_refused(door: Door, raw: bytes) -> None:
    status, answer = await door.post(None, raw=raw)
    assert (status, answer["error"]["code"]) == (422, "wrong_shape")


async def test_a_body_beyond_the_bound_is_refused(door: Door) -> None:
    status, answer = await door.post({**GOOD, "text": "x" * LARGEST_BODY})
    assert (status, answer["error"]["code"]) == (413, "wrong_shape")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00", "😀", "\ud800", "x" * LONGEST_TEXT, "<script>", "\u202e", "{name}"],
    ids=repr_of,
)
async def test_any_text_is_taken_and_answered(door: Door, text: str) -> None:
    answer = await door.say("c1", text)
    assert answer["failed"] is False
    assert answer["replies"]


async def test_it_is_ready_once_the_model_is_loaded_and_not_before(door: Door) -> None:
    async with door.session.get(f"{door.address}/ready") as answer:
        assert answer.status == 200
    processor, door.app.ctx.agent.processor = door.app.ctx.agent.processor, None
    async with door.session.get(f"{door.address}/ready") as answer:
        assert answer.status == 503
    assert (await door.post(GOOD))[0] == 503
    door.app.ctx.agent.processor = processor


async def test_a_reset_begins_a_clean_session_with_the_named_slots(door: Door) -> None:
    await door.say("c1", payload="/request_plan")
    await door.say("c1", "50")
    answer = await door.say("c1", reset=True, slots={"verified": True})
    assert (answer["replies"], answer["failed"]) == ([], False)
    conversation = await door.app.ctx.agent.tracker_store.retrieve("c1")
    assert conversation.active_loop_name is None
    assert (conversation.get_slot("amount"), conversation.get_slot("verified")) == (None, True)
    assert (await door.say("c1", "what can you do"))["replies"][0]["text"] == "I can help you settle."


async def test_slots_sent_with_a_message_are_set_before_it(door: Door, actions: ActionServer) -> None:
    await door.say("c1", "how much do I owe", slots={"verified": True})
    assert actions.calls[-1]["tracker"]["slots"]["verified"] is True


async def test_the_locale_reaches_the_actions(door: Door, actions: ActionServer) -> None:
    await door.say("c1", "how much do I owe", locale="pt-BR")
    assert actions.calls[-1]["tracker"]["latest_message"]["metadata"] == {"locale": "pt-BR"}


async def test_the_same_message_again_gets_the_same_answer_and_runs_nothing_twice(
    door: Door, actions: ActionServer
) -> None:
    first = await door.say("c1", "how much do I owe", message_id="m1")
    again = await door.say("c1", "how much do I owe", message_id="m1")
    assert first == again
    assert len(actions.calls) == 1
    await door.say("c1", "how much do I owe", message_id="m2")
    assert len(actions.calls) == 2


async def test_another_rasa_also_knows_the_answer_that_was_given(open_door: Any, actions: ActionServer) -> None:
    one, two = await open_door(), await open_door()
    first = await one.say("c1", "how much do I owe", message_id="m1")
    assert await two.say("c1", "how much do I owe", message_id="m1") == first
    assert len(actions.calls) == 1


def answers_with(status: int, body: Any) -> Any:
    return lambda call: web.json_response(body, status=status)


async def hangs_up(call: Any) -> web.Response:
    raise ConnectionResetError


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answers_with(500, {"error": "boom", "action_name": "action_fail"}), "action_failed"),
        (answers_with(449, {"error": "domain", "action_name": "action_fail"}), "action_failed"),
        (answers_with(404, {"error": "unknown", "action_name": "action_fail"}), "action_failed"),
        (answers_with(400, {"error": "no", "action_name": "action_fail"}), "action_rejected"),
        (answers_with(400, "not an object"), "action_failed"),
        (answers_with(200, {"events": [{"event": "no_such_event"}]}), "action_failed"),
        (answers_with(200, {"events": "none"}), "action_failed"),
        (lambda call: web.Response(text="a page", content_type="text/html"), "action_failed"),
        (lambda call: {"events": [], "responses": [{"response": "utter_unknown"}]}, "no_reply"),
        (lambda call: {"events": [], "responses": []}, "no_reply"),
    ],
)
async def test_an_action_that_fails_makes_the_turn_fail_visibly(
    door: Door, actions: ActionServer, answer: Any, error: str
) -> None:
    actions.answers["action_fail"] = answer
    answered = await door.say("c1", payload="/fail")
    assert (answered["failed"], answered["error"], answered["replies"]) == (True, error, [])


async def test_an_action_server_that_is_away_makes_the_turn_fail_visibly(door: Door, actions: ActionServer) -> None:
    await actions.stop()
    answer = await door.say("c1", "how much do I owe")
    assert (answer["failed"], answer["error"]) == (True, "action_unreachable")


async def test_an_action_that_hangs_makes_the_turn_fail_visibly(
    door: Door, actions: ActionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inside_rasa.action_server.LONGEST_CALL_SECONDS", 0.05)
    never = asyncio.Event()

    async def hang(call: Any) -> None:
        await never.wait()

    actions.answers["action_fail"] = hang
    answer = await door.say("c1", payload="/fail")
    never.set()
    assert (answer["failed"], answer["error"]) == (True, "action_timeout")


async def test_a_validation_that_fails_inside_a_form_makes_the_turn_fail_and_keeps_the_form(
    door: Door, actions: ActionServer
) -> None:
    await door.say("c1", payload="/request_plan")
    validate = actions.answers["validate_plan_form"]
    actions.answers["validate_plan_form"] = answers_with(500, {})
    assert (await door.say("c1", "50"))["error"] == "action_failed"
    actions.answers["validate_plan_form"] = validate
    assert (await door.say("c1", "50"))["replies"][0]["text"] == "From when?"


async def test_a_turn_that_says_nothing_is_a_failure(door: Door) -> None:
    assert (await door.say("c1", payload="/be_silent"))["error"] == "no_reply"


async def test_a_failed_turn_leaves_no_trace_and_may_be_sent_again(door: Door, actions: ActionServer) -> None:
    await door.say("c1", "hello")
    actions.answers["action_fail"] = answers_with(500, {})
    assert (await door.say("c1", payload="/fail", message_id="m2"))["failed"] is True
    actions.answers["action_fail"] = says("Now it works.")
    assert (await door.say("c1", payload="/fail", message_id="m2"))["replies"][0]["text"] == "Now it works."


async def test_actions_without_end_make_the_turn_fail_visibly(door: Door, actions: ActionServer) -> None:
    actions.answers["action_fail"] = lambda call: {"events": [{"event": "followup", "name": "action_fail"}]}
    assert (await door.say("c1", payload="/fail"))["error"] == "action_limit"


async def test_a_turn_that_cannot_be_saved_is_not_reported_as_done(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(tracker: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(door.app.ctx.agent.processor.tracker_store, "save", full)
    answer = await door.say("c1", "hello")
    assert (answer["failed"], answer["error"]) == (True, "not_saved")


async def test_messages_of_one_conversation_are_handled_one_after_the_other(door: Door) -> None:
    answers = await asyncio.gather(*(door.say("c1", "what can you do") for _ in range(5)))
    assert not any(answer["failed"] for answer in answers)
    conversation = await door.app.ctx.agent.tracker_store.retrieve("c1")
    assert conversation.version == 5
