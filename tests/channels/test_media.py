"""Customers' files: fetched only from where they may be, bounded, looked at, kept or refused or lost (T5)."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import httpx
import pytest
import sqlalchemy as sa

from bot import clock
from bot.channels import media, media_fetch, media_kinds
from bot.channels.inbound_message import InboundMessage, Media
from bot.channels.media_fetch import Fetched, Fetcher
from bot.channels.media_kinds import LONGEST
from bot.db import Database
from bot.models import Attachment, AttachmentStatus, Author, Channel, Conversation, Message, Provider
from bot.settings import settings
from tests.channels.phone_line import ACCOUNT, MAYA, TOKEN, set_up
from tests.conftest import SetClock

JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
PDF = b"%PDF-1.7\n..."
OGG = b"OggS" + b"\x00" * 30
TWILIO = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
META_ID = "2621233374848975"
GRAPH = f"https://graph.facebook.com/v23.0/{META_ID}"
LOOKASIDE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&ext=2"

Handler = Callable[[httpx.Request], httpx.Response]


class Net:
    """The internet as far as we may reach it: answers by address, and remembers who was asked for what."""

    def __init__(self, answers: dict[str, httpx.Response | Exception]) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        self.names: dict[str, list[str]] = {}
        self.fetcher = Fetcher(httpx.Client(transport=transport, follow_redirects=False), self.resolve)

    def resolve(self, host: str) -> list[str]:
        """As the system does: short and odd ways to write an address are one."""
        try:
            return [socket.inet_ntoa(socket.inet_aton(host))]
        except OSError:
            return self.names.get(host, ["93.184.215.14"])

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[str(request.url)]
        if isinstance(answer, Exception):
            raise answer
        if not answer.is_stream_consumed:
            return answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=iter([answer.content]))

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.asked]


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_up(
        monkeypatch,
        TWILIO_API_BASE="https://api.twilio.com",
        META_API_BASE="https://graph.facebook.com",
        META_ACCESS_TOKEN="meta-token",
    )
    yield
    settings.cache_clear()


def expect(db: Database, *files: Media, provider: Provider = Provider.TWILIO) -> uuid.UUID:
    """A message with files, as it was taken in."""
    with db.transaction() as session:
        conversation = session.scalar(sa.select(Conversation)) or Conversation(channel=Channel.SMS, address=MAYA)
        conversation.last_seq = (conversation.last_seq or 0) + 1
        session.add(conversation)
        session.flush()
        said = Message(conversation_id=conversation.id, seq=conversation.last_seq, author=Author.CUSTOMER)
        session.add(said)
        session.flush()
        media.expect(session, said.id, InboundMessage(provider, Channel.SMS, MAYA, "SM1", media=files))
        return said.id


def files(db: Database) -> list[Attachment]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Attachment).order_by(Attachment.id)))


def jpeg(reference: str = TWILIO) -> Media:
    return Media(reference, "image/jpeg")


def test_a_twilio_file_is_fetched_with_our_credentials_and_kept(db: Database) -> None:
    net = Net({TWILIO: httpx.Response(200, content=JPEG, headers={"Content-Type": "image/jpeg"})})
    expect(db, jpeg())
    assert media.fetch_due(db, fetcher=net.fetcher) == 1
    assert media.fetch_due(db, fetcher=net.fetcher) == 0
    (file,) = files(db)
    assert (file.status, file.body, file.size, file.content_type) == (
        AttachmentStatus.KEPT,
        JPEG,
        len(JPEG),
        "image/jpeg",
    )
    assert net.asked[0].headers["Authorization"] == httpx.BasicAuth(ACCOUNT, TOKEN)._auth_header
    assert len(net.asked) == 1


def test_where_twilio_sends_us_on_our_credentials_stay_behind(sqlite_db: Database) -> None:
    there = "https://mms.twiliocdn.com/AC/1"
    net = Net({TWILIO: httpx.Response(307, headers={"Location": there}), there: httpx.Response(200, content=JPEG)})
    expect(sqlite_db, jpeg())
    assert media.fetch_due(sqlite_db, fetcher=net.fetcher) == 1
    assert net.urls == [TWILIO, there]
    assert "Authorization" not in net.asked[1].headers


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/2010-04-01/x",
        "http://api.twilio.com/2010-04-01/x",
        "https://api.twilio.com:8443/x",
        "https://api.twilio.com@evil.example/x",
        "https://evil.example\\@api.twilio.com/x",
        "https://api.twilio.com.evil.example/x",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8000/metrics",
        "file:///etc/passwd",
        "//api.twilio.com/x",
        "https://[::1",
        "https://api.twilio.com:99999/x",
        "nonsense",
        "",
    ],
)
def test_nothing_is_asked_of_an_address_that_is_not_twilios(sqlite_db: Database, url: str) -> None:
    net = Net({})
    expect(sqlite_db, jpeg(url))
    assert media.fetch_due(sqlite_db, fetcher=net.fetcher) == 0
    assert net.asked == []
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]


@pytest.mark.parametrize(
    "there",
    [
        "http://mms.twiliocdn.com/x",
        "https://127.0.0.1/x",
        "https://10.0.0.8/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://desk.internal/x",
        "https://127.1/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://localhost./x",
        "https://metadata.google.internal./x",
        "https://cdn.example./x",
        "https://8.8.8.8/x",
        "https://cdn.example:8443/x",
        "https://user@cdn.example/x",
        "/relative",
        "",
    ],
)
def test_a_redirect_into_our_own_house_or_out_of_tls_is_not_followed(sqlite_db: Database, there: str) -> None:
    net = Net({TWILIO: httpx.Response(302, headers={"Location": there})})
    expect(sqlite_db, jpeg())
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert net.urls == [TWILIO]
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["::1"],
        ["::ffff:10.0.0.8"],
        ["fe80::1%eth0"],
        ["224.0.0.1"],
        ["93.184.215.14", "192.168.0.1"],
        [],
    ],
)
def test_a_name_that_leads_into_our_own_house_is_not_followed(sqlite_db: Database, addresses: list[str]) -> None:
    net = Net({TWILIO: httpx.Response(302, headers={"Location": "https://cdn.example/x"})})
    net.names["cdn.example"] = addresses
    expect(sqlite_db, jpeg())
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert net.urls == [TWILIO]
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]


def test_a_name_that_nobody_knows_now_is_asked_for_again(sqlite_db: Database) -> None:
    def unknown(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, host)

    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "https://cdn.example/x"}))
    expect(sqlite_db, jpeg())
    media.fetch_due(sqlite_db, fetcher=Fetcher(httpx.Client(transport=transport), unknown))
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.WAITING]


def test_only_one_redirect_is_followed(sqlite_db: Database) -> None:
    there, further = "https://a.example/1", "https://b.example/2"
    net = Net(
        {
            TWILIO: httpx.Response(302, headers={"Location": there}),
            there: httpx.Response(302, headers={"Location": further}),
        }
    )
    expect(sqlite_db, jpeg())
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert net.urls == [TWILIO, there]
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]


def test_a_meta_file_is_asked_for_by_its_id_and_fetched_with_the_token(db: Database) -> None:
    net = Net(
        {
            GRAPH: httpx.Response(200, json={"url": LOOKASIDE, "mime_type": "audio/ogg", "id": META_ID}),
            LOOKASIDE: httpx.Response(200, content=OGG, headers={"Content-Type": "audio/ogg"}),
        }
    )
    expect(db, Media(META_ID, "audio/ogg; codecs=opus"), provider=Provider.META)
    assert media.fetch_due(db, fetcher=net.fetcher) == 1
    assert [request.headers["Authorization"] for request in net.asked] == ["Bearer meta-token"] * 2
    assert [(file.content_type, file.body) for file in files(db)] == [("audio/ogg", OGG)]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evilfbcdn.net/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "http://169.254.169.254/",
        "",
    ],
)
def test_metas_token_goes_to_meta_alone(sqlite_db: Database, url: str) -> None:
    net = Net({GRAPH: httpx.Response(200, json={"url": url})})
    expect(sqlite_db, Media(META_ID, "image/jpeg"), provider=Provider.META)
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert net.urls == [GRAPH]
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]


@pytest.mark.parametrize("id", ["../me", "1?fields=x", "1/../../x", "", "a b"])
def test_an_id_that_is_none_is_not_asked_for(sqlite_db: Database, id: str) -> None:
    net = Net({})
    expect(sqlite_db, Media(id, "image/jpeg"), provider=Provider.META)
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert net.asked == []


def test_what_is_too_large_is_refused_while_it_comes(sqlite_db: Database) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1_000_000
            yield JPEG[:4] + b"x" * 999_996

    net = Net({TWILIO: httpx.Response(200, content=endless())})
    expect(sqlite_db, jpeg())
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]
    assert read <= LONGEST + 2_000_000


def test_the_time_for_a_file_is_for_all_its_requests_together(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def slow(_: httpx.Request) -> httpx.Response:
        nonlocal now
        now += media_fetch.LONGEST_S * 0.6
        is_first = now < media_fetch.LONGEST_S
        return httpx.Response(200, content=iter([b'{"url": "%s"}' % LOOKASIDE.encode() if is_first else JPEG]))

    monkeypatch.setattr(media_fetch, "time", SimpleNamespace(monotonic=lambda: now))
    expect(sqlite_db, Media(META_ID, "image/jpeg"), provider=Provider.META)
    client = httpx.Client(transport=httpx.MockTransport(slow))
    media.fetch_due(sqlite_db, fetcher=Fetcher(client, lambda _: ["93.184.215.14"]))
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.WAITING]
    assert media.LEASE.total_seconds() > media_fetch.LONGEST_S


def test_headers_that_come_byte_by_byte_are_cut_off(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeout of each read begins anew with every byte."""
    monkeypatch.setattr(media_fetch, "LONGEST_S", 0.4)
    over, hung_up = threading.Event(), threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with server, server.accept()[0] as line:
            try:
                send(line)
            except OSError:
                hung_up.set()

    def send(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Slow: ")
        for _ in range(100):
            line.sendall(b"x")
            over.wait(0.05)
        line.sendall(b"\r\nContent-Length: %d\r\n\r\n%s" % (len(JPEG), JPEG))

    dripping = threading.Thread(target=drip)
    dripping.start()
    base = f"http://127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("TWILIO_API_BASE", base)
    settings.cache_clear()
    expect(sqlite_db, jpeg(f"{base}/photo"))
    fetcher = Fetcher()
    kept = media.fetch_due(sqlite_db, fetcher=fetcher)
    over.set()
    dripping.join()
    fetcher.close()
    assert kept == 0
    assert hung_up.is_set()
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.WAITING]


def test_only_the_file_that_is_being_fetched_is_leased(db: Database) -> None:
    """A lease is for one file's time; those behind it would run out before their turn."""
    leased = []

    class Watching(Fetcher):
        def fetch(self, attachment: Attachment) -> Fetched:
            leased.append(sum(file.next_at > clock.now() for file in files(db)))
            return Fetched(JPEG, "image/jpeg")

    expect(db, *[jpeg(f"{TWILIO}{number}") for number in range(3)])
    fetcher = Watching()
    assert media.fetch_due(db, fetcher=fetcher) == 3
    fetcher.close()
    assert leased == [1, 2, 3]


@pytest.mark.parametrize(
    ("claimed", "body"),
    [
        ("image/jpeg", b"<html><script>alert(1)</script>"),
        ("image/jpeg", PNG),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("application/pdf", b"<!DOCTYPE html><p>"),
        ("text/plain", b"hello <script>alert(1)</script>"),
        ("text/plain", b"\xef\xbb\xbf <!doctype html>"),
        ("text/plain", b"a\x00b"),
        ("audio/ogg", b""),
        ("video/mp4", b"MZ\x90\x00"),
    ],
)
def test_what_is_not_what_it_is_said_to_be_is_refused(sqlite_db: Database, claimed: str, body: bytes) -> None:
    net = Net({TWILIO: httpx.Response(200, content=body)})
    expect(sqlite_db, Media(TWILIO, claimed))
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    (file,) = files(sqlite_db)
    assert (file.status, file.body) == (AttachmentStatus.REFUSED, None)


@pytest.mark.parametrize(
    "claimed",
    ["image/svg+xml", "text/html", "application/zip", "text/vcard", "application/x-msdownload", "x", "a/b\r\n"],
)
def test_what_we_do_not_keep_is_not_even_fetched(sqlite_db: Database, claimed: str) -> None:
    net = Net({})
    expect(sqlite_db, Media(TWILIO, claimed))
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert net.asked == []
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.REFUSED]


@pytest.mark.parametrize(
    ("claimed", "body"),
    [
        ("image/jpg", JPEG),
        ("image/png", PNG),
        ("image/gif", b"GIF89a..."),
        ("image/webp", b"RIFF\x10\x00\x00\x00WEBPVP8 "),
        ("image/heic", b"\x00\x00\x00\x18ftypheic...."),
        ("application/pdf", PDF),
        ("audio/ogg; codecs=opus", OGG),
        ("audio/amr", b"#!AMR\n."),
        ("audio/mpeg", b"ID3\x04"),
        ("audio/mpeg", b"\xff\xfb\x90"),
        ("audio/mp4", b"\x00\x00\x00\x1cftypM4A ...."),
        ("audio/aac", b"\xff\xf1P\x80"),
        ("video/mp4", b"\x00\x00\x00\x1cftypisom...."),
        ("video/3gpp", b"\x00\x00\x00\x1cftyp3gp4...."),
        ("text/plain; charset=utf-8", "Grüße, 1 < 2".encode()),
    ],
)
def test_each_kind_that_is_kept_is_known_by_its_first_bytes(claimed: str, body: bytes) -> None:
    assert media_kinds.is_kept(claimed)
    assert media_kinds.found(body, claimed) == media_kinds.plain(claimed)


def test_a_provider_that_fails_is_asked_again_later_and_at_last_the_file_is_lost(db: Database, clock: SetClock) -> None:
    net = Net({TWILIO: httpx.Response(503)})
    expect(db, jpeg())
    asked = []
    for _ in range(200):
        media.fetch_due(db, fetcher=net.fetcher)
        asked.append(len(net.asked))
        clock.advance(minutes=1)
    assert [file.status for file in files(db)] == [AttachmentStatus.LOST]
    assert len(net.asked) == media.ATTEMPTS
    assert asked[0] == 1


@pytest.mark.parametrize("fault", [httpx.Response(404), httpx.Response(429), httpx.ReadTimeout("slow")])
def test_what_failed_once_is_kept_when_it_comes(
    sqlite_db: Database, clock: SetClock, fault: httpx.Response | Exception
) -> None:
    net = Net({TWILIO: fault})
    expect(sqlite_db, jpeg())
    assert media.fetch_due(sqlite_db, fetcher=net.fetcher) == 0
    net.answers[TWILIO] = httpx.Response(200, content=JPEG)
    assert media.fetch_due(sqlite_db, fetcher=net.fetcher) == 0, "it rests first"
    clock.advance(seconds=16)
    assert media.fetch_due(sqlite_db, fetcher=net.fetcher) == 1


def test_what_is_gone_is_lost_at_once(sqlite_db: Database) -> None:
    net = Net({TWILIO: httpx.Response(410)})
    expect(sqlite_db, jpeg())
    media.fetch_due(sqlite_db, fetcher=net.fetcher)
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.LOST]


def test_a_flood_of_files_is_kept_up_to_a_days_measure(sqlite_db: Database, clock: SetClock) -> None:
    for _ in range(6):
        expect(sqlite_db, *[jpeg(f"{TWILIO}{number}") for number in range(10)])
    waiting = [file for file in files(sqlite_db) if file.status == AttachmentStatus.WAITING]
    assert len(waiting) == media.MOST_A_DAY
    clock.advance(days=1, seconds=1)
    expect(sqlite_db, jpeg())
    assert files(sqlite_db)[-1].status == AttachmentStatus.WAITING


def test_only_the_files_of_one_message_are_fetched_when_it_was_just_taken_in(sqlite_db: Database) -> None:
    expect(sqlite_db, jpeg(TWILIO + "a"))
    message_id = expect(sqlite_db, jpeg(TWILIO + "b"))
    net = Net({TWILIO + "b": httpx.Response(200, content=JPEG)})
    assert media.fetch_due(sqlite_db, message_id, fetcher=net.fetcher) == 1


def test_a_file_that_always_kills_its_fetcher_is_lost_in_the_end(sqlite_db: Database, clock: SetClock) -> None:
    expect(sqlite_db, jpeg())
    net = Net({TWILIO: RuntimeError("no provider says this")})
    for _ in range(media.ATTEMPTS):
        with pytest.raises(RuntimeError):
            media.fetch_due(sqlite_db, fetcher=net.fetcher)
        clock.advance(seconds=media.LEASE.total_seconds())
    assert media.fetch_due(sqlite_db, fetcher=net.fetcher) == 0
    assert [file.status for file in files(sqlite_db)] == [AttachmentStatus.LOST]
