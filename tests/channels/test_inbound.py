"""A message from a phone reaches its conversation: in order, once, as what it is, with kind first words."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest

from bot import policies
from bot.app import create_app
from bot.channels.outbox import permission
from bot.conversations import consents, handoff
from bot.conversations.dialogue import Answer, Reply, Turn
from bot.conversations.router import UNANSWERED_LIMIT
from bot.db import Database
from bot.models import (
    Attachment,
    AttachmentStatus,
    Author,
    Channel,
    Consent,
    ConsentSource,
    Conversation,
    Delivery,
    Holder,
    Message,
    Provider,
)
from bot.words import say
from tests.channels.phone_line import MAYA, Line, set_up
from tests.conftest import SetClock
from tests.served import served
from tests.voices import Voice

BUTTONS = [{"title": "My account", "payload": "/check_balance"}, {"title": "Talk to a person", "payload": "/person"}]


def offering(turn: Turn) -> Answer:
    """Repeats what it heard, with two buttons."""
    return Answer([Reply(f"You said: {turn.text or turn.payload}", buttons=BUTTONS)], "greet", 0.9)


@pytest.fixture
def voice() -> Voice:
    """What stands in for Rasa."""
    return Voice(offering)


@pytest.fixture
async def line(db: Database, voice: Voice, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """Both providers in front of the product."""
    set_up(monkeypatch)
    app = create_app(db=db, dialogue=voice)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Line(http, app)


def text(number: int, words: str, **others: str) -> dict[str, str]:
    """A text message by Twilio with an id of its own."""
    sid = f"SM{number:032x}"
    return {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "Body": words, **others}


def greeting(line: Line) -> list[str]:
    return [message.text for message in line.all(Message) if message.client_id == "greeting"]


async def test_p6_the_first_words_say_that_this_is_a_program_once(line: Line) -> None:
    await line.twilio(text(1, "Hello"))
    await line.answered("You said: Hello")
    await line.twilio(text(2, "And again"))
    await line.answered("You said: And again")
    (greeted,) = greeting(line)
    assert "a computer program, not a person" in greeted
    assert line.said() == [
        (Author.CUSTOMER, "Hello"),
        (Author.BOT, greeted),
        (Author.BOT, "You said: Hello"),
        (Author.CUSTOMER, "And again"),
        (Author.BOT, "You said: And again"),
    ]
    (conversation,) = line.all(Conversation)
    assert (conversation.channel, conversation.address, conversation.provider, conversation.locale) == (
        Channel.SMS,
        MAYA,
        Provider.TWILIO,
        "en-US",
    )
    assert {delivery.address for delivery in line.all(Delivery)} == {MAYA}


async def test_c4_c5_a_stop_as_the_very_first_message_gets_its_one_confirmation_and_no_greeting(
    line: Line, voice: Voice
) -> None:
    await line.twilio("sms_stop")
    await line.rounds.quiet()
    assert [author for author, _ in line.said()] == [Author.CUSTOMER, Author.SYSTEM]
    assert [(consent.address, consent.granted) for consent in line.all(Consent)] == [(MAYA, False)]
    await line.twilio(text(2, "What do you want from me?"))
    await line.answered("You said: What do you want from me?")
    assert len(greeting(line)) == 1
    assert [turn.text for turn in voice.turns] == ["What do you want from me?"]


async def test_c5_a_refusal_in_words_as_the_very_first_message_is_answered_by_its_confirmation_alone(
    line: Line, voice: Voice
) -> None:
    def refusing(turn: Turn) -> Answer:
        with line.db.transaction() as session:
            consents.record(session, channel=Channel.SMS, address=MAYA, granted=False, source=ConsentSource.WORDS)
        return Answer([Reply("You won't hear from us here.")], "cease_contact", 0.9)

    voice.says = refusing
    await line.twilio(text(1, "Please stop texting me"))
    await line.answered("You won't hear from us here.")
    assert line.said() == [(Author.CUSTOMER, "Please stop texting me"), (Author.BOT, "You won't hear from us here.")]
    (delivery,) = line.all(Delivery)
    with line.db.reading() as session:
        assert permission.may_go(session, delivery)
    voice.says = offering
    await line.twilio(text(2, "Who are you?"))
    await line.answered("You said: Who are you?")
    assert [said for _, said in line.said()[2:]] == ["Who are you?", *greeting(line), "You said: Who are you?"]


async def test_p6_an_assistant_that_does_not_work_says_first_that_it_is_one(line: Line, voice: Voice) -> None:
    voice.down = True
    await line.twilio(text(1, "Hello"))
    await line.answered(say("unavailable", "en-US"))
    assert [said for _, said in line.said()] == ["Hello", *greeting(line), say("unavailable", "en-US")]


async def test_help_as_the_first_message_is_answered_by_itself(line: Line, voice: Voice) -> None:
    await line.twilio(text(1, "HELP"))
    await line.rounds.quiet()
    assert [author for author, _ in line.said()] == [Author.CUSTOMER, Author.SYSTEM]
    assert voice.turns == []


@pytest.mark.parametrize(
    ("name", "granted"), [("sms_stop_told", [False]), ("sms_help_told", []), ("sms_start_told", [True])]
)
async def test_what_twilio_has_answered_itself_is_recorded_and_not_answered_again(
    line: Line, name: str, granted: list[bool]
) -> None:
    await line.twilio(name)
    await line.rounds.quiet()
    assert [author for author, _ in line.said()] == [Author.CUSTOMER]
    assert [consent.granted for consent in line.all(Consent)] == granted


async def test_a_number_a_title_and_a_tap_mean_the_choice(line: Line, voice: Voice) -> None:
    await line.meta("text")
    await line.rounds.quiet()
    await line.answered("You said: Hello, can I pay in parts? 🙂")
    await line.twilio(text(1, "2", From=f"whatsapp:{MAYA}", To="whatsapp:+15005550007"))
    await line.answered("You said: /person")
    await line.twilio(text(2, "my account!", From=f"whatsapp:{MAYA}", To="whatsapp:+15005550007"))
    await line.answered("You said: /check_balance")
    offered = line.all(Message)[-1]
    tap = {"type": "button_reply", "button_reply": {"id": f"{offered.id}:1", "title": "Talk to a person"}}
    await line.meta(batch({"type": "interactive", "interactive": tap}))
    await line.answered("You said: /person", times=2)
    assert [turn.payload for turn in voice.turns[1:]] == ["/person", "/check_balance", "/person"]
    (conversation,) = line.all(Conversation)
    assert conversation.provider == Provider.META, "answers go back the way the last message came"


async def test_c4_c5_a_stop_passes_what_the_assistant_has_not_read_and_that_gets_no_answer(
    line: Line, voice: Voice
) -> None:
    voice.hold()
    many = UNANSWERED_LIMIT + 4
    for number in range(many):
        await line.twilio(text(number, f"number {number}"))
    await line.twilio(text(many, "STOP"))
    await line.rounds.quiet()
    voice.release()
    await line.answers()
    assert sorted(line.heard()) == sorted([*(f"number {number}" for number in range(many)), "STOP"])
    assert [said for author, said in line.said() if author != Author.CUSTOMER] == [
        say("opted_out", "en-US", brand=policies.brand_name())
    ]
    assert not any(message.pending for message in line.all(Message))
    assert [turn.text for turn in voice.turns] == ["number 0"]


async def test_a_tap_on_what_we_never_offered_is_heard_as_its_words(line: Line, voice: Voice) -> None:
    await line.meta("button_reply")
    await line.answered("You said: Talk to a person")
    assert [(turn.text, turn.payload) for turn in voice.turns] == [("Talk to a person", None)]


async def test_p2_the_first_language_comes_from_the_number_alone(line: Line) -> None:
    numbers = {"+447700900004": "en-GB", "+5511950100007": "pt-BR", "+12105550199": "en-US", "+4915112345678": "en-DE"}
    for place, number in enumerate(numbers):
        await line.twilio(text(place, "78006", From=number))
    await line.rounds.quiet()
    assert {conversation.address: conversation.locale for conversation in line.all(Conversation)} == numbers


async def test_sms_and_whatsapp_of_one_number_are_two_conversations_with_one_each(line: Line) -> None:
    for place in range(2):
        await line.twilio(text(place, "Hello"))
        await line.twilio(text(10 + place, "Hello", From=f"whatsapp:{MAYA}", To="whatsapp:+15005550007"))
    await line.meta("text")
    await line.rounds.quiet()
    assert sorted(conversation.channel for conversation in line.all(Conversation)) == [Channel.SMS, Channel.WHATSAPP]


@pytest.mark.parametrize(
    ("name", "begun_as", "address"),
    [
        ("brazil_without_ninth_digit", "+5531999990007", "+553199990007"),
        ("mexico_with_one", "+525512345678", "+5215512345678"),
    ],
)
async def test_a_conversation_goes_on_where_whatsapp_writes_the_number_otherwise(
    line: Line, name: str, begun_as: str, address: str
) -> None:
    with line.db.transaction() as session:
        session.add(Conversation(channel=Channel.WHATSAPP, address=begun_as, provider=Provider.META))
    await line.meta(name)
    await line.rounds.quiet()
    assert [conversation.address for conversation in line.all(Conversation)] == [address], "answers go to who wrote"
    assert len(line.heard()) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("+551150100007", "+5511950100007"), ("+553199990007", "+5531999990007"), ("+525512345678", "+5215512345678")],
)
@pytest.mark.parametrize("prefix", ["", "whatsapp:"])
async def test_p1_two_numbers_that_differ_by_a_digit_are_two_people(
    line: Line, one: str, other: str, prefix: str
) -> None:
    for place, number in enumerate((one, other)):
        to = f"{prefix}+15005550007"
        await line.twilio(text(place, f"I am number {place}", From=f"{prefix}{number}", To=to))
        await line.rounds.quiet()
    await line.answers()
    assert [conversation.address for conversation in line.all(Conversation)] == [one, other]
    answers = {message.id: message.text for message in line.all(Message) if message.text.startswith("You said")}
    reached = {(row.address, answers[row.message_id]) for row in line.all(Delivery) if row.message_id in answers}
    assert reached == {(one, "You said: I am number 0"), (other, "You said: I am number 1")}


async def test_t5_photos_are_kept_for_the_agent_and_answered_kindly_once(line: Line, voice: Voice) -> None:
    await line.twilio("sms_media")
    await line.rounds.quiet()
    for number in range(3):
        await line.twilio(
            text(50 + number, "", NumMedia="1", MediaUrl0=f"http://127.0.0.1:9/{number}", MediaContentType0="image/png")
        )
    await line.rounds.quiet()
    assert line.heard() == [say("media_image", "en")] * 4
    assert [text for author, text in line.said() if author == Author.BOT] == [
        *greeting(line),
        say("media_received", "en"),
    ]
    assert [file.content_type for file in line.all(Attachment)][:2] == ["image/jpeg", "application/pdf"]
    assert len(line.all(Attachment)) == 5
    assert voice.turns == []
    assert not any(message.pending for message in line.all(Message))


async def test_the_words_beside_a_photo_go_to_the_assistant(line: Line) -> None:
    await line.meta("image_caption")
    await line.answered("You said: My payment slip")
    (file,) = line.all(Attachment)
    (said,) = [message for message in line.all(Message) if message.author == Author.CUSTOMER]
    assert (file.message_id, file.reference, file.status) == (said.id, "2621233374848976", AttachmentStatus.WAITING)


async def test_t5_with_the_answer_to_its_words_a_photo_is_said_to_be_kept_once(line: Line) -> None:
    photo = {"NumMedia": "1", "MediaContentType0": "image/png"}
    for number in range(2):
        url = f"http://127.0.0.1:9/{number}"
        await line.twilio(text(number, f"Slip {number}", MediaUrl0=url, **photo))
        await line.answered(f"You said: Slip {number}")
    await line.twilio(text(7, "Words alone"))
    await line.answered("You said: Words alone")
    assert [text for author, text in line.said() if author == Author.BOT] == [
        *greeting(line),
        say("media_with_words", "en"),
        "You said: Slip 0",
        "You said: Slip 1",
        "You said: Words alone",
    ]


async def test_c5_after_a_refusal_the_answer_to_a_photos_words_is_the_only_one(line: Line) -> None:
    await line.twilio(text(1, "STOP"))
    await line.rounds.quiet()
    url = "http://127.0.0.1:9/1"
    await line.twilio(text(2, "My slip", NumMedia="1", MediaUrl0=url, MediaContentType0="image/png"))
    await line.answered("You said: My slip")
    assert say("media_with_words", "en") not in [said for _, said in line.said()]


async def test_of_a_file_that_is_not_kept_nothing_is_promised(line: Line) -> None:
    url = "http://127.0.0.1:9/1"
    await line.twilio(text(2, "My slip", NumMedia="1", MediaUrl0=url, MediaContentType0="application/zip"))
    await line.answered("You said: My slip")
    assert say("media_with_words", "en") not in [said for _, said in line.said()]


@pytest.mark.parametrize(
    ("name", "heard", "answer"),
    [
        ("audio", "[voice message]", "audio_received"),
        ("video", "[video]", "media_received"),
        ("document", "[file]", "media_received"),
        ("sticker", "[sticker]", "sticker_received"),
        ("contacts", "[contact card]", "contacts_received"),
        ("order", "[order]", "order_received"),
        ("unsupported", "[a kind of message that can't be shown here]", "unsupported_received"),
        ("unknown_type", "[a kind of message that can't be shown here]", "unsupported_received"),
        (
            "location",
            "[location] San Fernando Cathedral, 115 W Main Plaza, San Antonio (lat 29.42410, long -98.49360)",
            "location_received",
        ),
    ],
)
async def test_t5_each_kind_gets_words_of_its_own(line: Line, voice: Voice, name: str, heard: str, answer: str) -> None:
    await line.meta(name)
    await line.rounds.quiet()
    assert line.said() == [
        (Author.CUSTOMER, heard),
        (Author.BOT, greeting(line)[0]),
        (Author.BOT, say(answer, "en")),
    ]
    assert voice.turns == []


async def test_a_photo_for_a_person_lands_with_the_acknowledgement_and_nothing_else(line: Line) -> None:
    await line.twilio(text(1, "Hello"))
    await line.answered("You said: Hello")
    (conversation,) = line.all(Conversation)
    with line.db.transaction() as session:
        handoff.request(session, conversation.id, reason="asked", skill="general", summary={})
    await line.twilio("sms_media")
    await line.rounds.quiet()
    assert line.heard()[-1] == say("media_image", "en")
    assert line.said()[-1] == (Author.SYSTEM, line.said()[-1][1])
    assert "I've passed that on" in line.said()[-1][1]
    assert len(line.all(Attachment)) == 2


async def test_a_reaction_is_kept_and_says_nothing(line: Line) -> None:
    await line.meta("reaction")
    await line.rounds.quiet()
    (event,) = line.events()
    assert event.processed_at is not None
    assert line.all(Conversation) == []


@pytest.mark.parametrize("name", ["system_changed_number", "system_changed_identity"])
async def test_who_moves_to_another_phone_proves_who_they_are_again(line: Line, name: str, clock: SetClock) -> None:
    with line.db.transaction() as session:
        session.add(
            Conversation(
                channel=Channel.WHATSAPP,
                address=MAYA,
                provider=Provider.META,
                verified_until=clock.now() + dt.timedelta(hours=5),
            )
        )
    await line.meta(name)
    await line.rounds.quiet()
    (conversation,) = line.all(Conversation)
    assert conversation.verified_until is None
    (note,) = line.all(Message)
    assert note.hidden
    assert line.all(Delivery) == []


async def test_a_change_of_a_number_that_nobody_wrote_from_is_nothing(line: Line) -> None:
    await line.meta("system_changed_number")
    await line.rounds.quiet()
    assert line.all(Conversation) == []


async def test_what_is_too_long_is_answered_in_the_thread(line: Line, voice: Voice) -> None:
    await line.twilio(text(1, "x" * 8_001))
    await line.rounds.quiet()
    assert [author for author, _ in line.said()] == [Author.SYSTEM]
    assert "8,000" in line.said()[0][1]
    assert voice.turns == []


async def test_while_a_person_has_it_the_assistant_is_silent(line: Line, voice: Voice) -> None:
    with line.db.transaction() as session:
        session.add(Conversation(channel=Channel.SMS, address=MAYA, holder=Holder.AGENT))
    await line.twilio(text(1, "Hello Ana"))
    await line.rounds.quiet()
    assert line.said() == [(Author.CUSTOMER, "Hello Ana")]
    assert voice.turns == []


async def test_messages_of_one_phone_keep_their_order_while_a_turn_is_under_way(line: Line, voice: Voice) -> None:
    voice.hold()
    for number in range(12):
        await line.twilio(text(number, f"number {number}"))
    await line.rounds.quiet()
    voice.release()
    await line.answered("You said: number 11")
    expected = [f"number {number}" for number in range(12)]
    assert line.heard() == expected
    assert [turn.text for turn in voice.turns] == expected


async def test_many_phones_at_once_are_each_heard_once(line: Line) -> None:
    said = {f"+1210555{1000 + number}": f"from {number}" for number in range(30)}
    answers = await asyncio.gather(
        *(line.twilio(text(number, words, From=phone)) for number, (phone, words) in enumerate(said.items())),
        *(line.twilio(text(number, words, From=phone)) for number, (phone, words) in enumerate(said.items())),
    )
    assert {answer.status_code for answer in answers} == {200}
    await line.rounds.quiet()
    assert sorted(line.heard()) == sorted(said.values())
    assert len(line.all(Conversation)) == 30


def batch(message: dict[str, object]) -> dict[str, object]:
    """One message of Maya's by Meta."""
    whole = {"from": MAYA[1:], "id": "wamid.tap", "timestamp": "1772463600", **message}
    value = {"metadata": {"phone_number_id": "106540352242922"}, "messages": [whole]}
    return {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
