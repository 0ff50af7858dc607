"""Fetching a customer's file from the provider that keeps it: only from where it may be, and never too much of it."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from bot.channels.media_kinds import LONGEST
from bot.errors import OutsideService
from bot.models import Attachment, Provider
from bot.settings import settings

CONNECT_S = 4.0
READ_S = 15.0
LONGEST_S = 60.0  # of all requests for one file together; less than the lease of `media`
_META_HOSTS = (".facebook.com", ".fbcdn.net", "lookaside.fbsbx.com")
_HOUSE = (".local", ".internal", ".localhost")
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a file, and of what kind the provider says that it is."""

    body: bytes
    content_type: str


class FetchFailed(OutsideService):
    """A file did not come. `gone`: the provider has it no more, or will not give it to us; else it is one that we do
    not take."""

    code = "fetch_failed"

    def __init__(self, why: str, *, service: str, retryable: bool = False, gone: bool = False) -> None:
        super().__init__("The file could not be fetched.", service=service, retryable=retryable, about=why)
        self.gone = gone


class Fetcher:
    """Knows the two providers. Synchronous, bounded in time and size, and called between transactions."""

    def __init__(self, client: httpx.Client | None = None, resolve: Callable[[str], list[str]] | None = None) -> None:
        """`resolve` gives the addresses of a name; the system's own way unless a test knows better."""
        # Each request has a connection of its own, so that it can be cut.
        alone = httpx.Limits(max_keepalive_connections=0)
        self._client = client or httpx.Client(follow_redirects=False, trust_env=False, limits=alone)
        self._resolve = resolve or _addresses

    def fetch(self, attachment: Attachment) -> Fetched:
        """The file of `attachment`. Raises `FetchFailed`."""
        ends = time.monotonic() + LONGEST_S
        if attachment.provider == Provider.TWILIO:
            return self._from_twilio(attachment.reference, ends)
        return self._from_meta(attachment.reference, ends)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _from_twilio(self, url: str, ends: float) -> Fetched:
        """Our credentials go to Twilio's API alone; where that sends us on, they stay behind."""
        own = settings()
        token = own.twilio_auth_token
        if _origin(url) is None or _origin(url) != _origin(own.twilio_api_base):
            raise FetchFailed("elsewhere", service="twilio")
        if token is None:
            raise FetchFailed("no_credentials", service="twilio", retryable=True)
        auth = httpx.BasicAuth(own.twilio_account_sid, token.get_secret_value())
        answer = self._get("twilio", url, ends, auth=auth)
        if isinstance(answer, Fetched):
            return answer
        if not self._is_public("twilio", answer):
            raise FetchFailed("elsewhere", service="twilio")
        there = self._get("twilio", answer, ends)
        if not isinstance(there, Fetched):
            raise FetchFailed("too_many_redirects", service="twilio")
        return there

    def _from_meta(self, media_id: str, ends: float) -> Fetched:
        own = settings()
        token = own.meta_access_token
        if not _MEDIA_ID.fullmatch(media_id):
            raise FetchFailed("elsewhere", service="meta")
        if token is None:
            raise FetchFailed("no_credentials", service="meta", retryable=True)
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        base = own.meta_api_base.rstrip("/")
        named = self._get("meta", f"{base}/{own.meta_api_version}/{media_id}", ends, headers=headers)
        url = _url(named)
        origin = _origin(url)
        of_meta = origin is not None and origin[1].endswith(_META_HOSTS) and self._is_public("meta", url)
        if not of_meta and (origin is None or origin != _origin(base)):
            raise FetchFailed("elsewhere", service="meta")
        fetched = self._get("meta", url, ends, headers=headers)
        if not isinstance(fetched, Fetched):
            raise FetchFailed("redirected", service="meta")
        return fetched

    def _is_public(self, service: str, url: str) -> bool:
        """Whether we may be sent there: https, the usual port, a name of which every address is in the public net.

        The name may have another address by the time it is asked: then no certificate holds for it.
        """
        origin = _origin(url)
        if origin is None or origin[0] != "https" or origin[2] != 443 or not _is_name(origin[1]):
            return False
        try:
            found = self._resolve(origin[1])
        except OSError as error:
            raise FetchFailed("unresolved", service=service, retryable=True) from error
        except UnicodeError:
            return False
        return bool(found) and all(_is_global(address) for address in found)

    def _get(self, service: str, url: str, ends: float, **given: Any) -> Fetched | str:
        """The answer's bytes, or where it sends us on; by `ends` (monotonic)."""
        left = ends - time.monotonic()
        if left <= 0:
            raise FetchFailed("too_slow", service=service, retryable=True)
        given["headers"] = {**given.get("headers", {}), "Accept-Encoding": "identity"}
        given["timeout"] = httpx.Timeout(min(READ_S, left), connect=min(CONNECT_S, left))
        try:
            with _Line(left) as line, self._client.stream("GET", url, extensions=line.traced, **given) as answer:
                if answer.is_redirect:
                    return str(answer.headers.get("Location", ""))
                if not answer.is_success:
                    raise _refused(service, answer.status_code)
                return Fetched(_bounded(service, answer, ends), answer.headers.get("Content-Type", ""))
        except httpx.HTTPError as error:
            raise FetchFailed(type(error).__name__, service=service, retryable=True) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchFailed("elsewhere", service=service) from error


class _Line:
    """The connection of one request, cut after so many seconds: a timeout of httpx begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self.traced = {"trace": self._traced}
        self._socket: socket.socket | None = None
        self._is_over = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _traced(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_over:
                self._cut()

    def _cut(self) -> None:
        self._is_over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@lru_cache(maxsize=1)
def fetcher() -> Fetcher:
    """This process's fetcher."""
    return Fetcher()


def _bounded(service: str, answer: httpx.Response, ends: float) -> bytes:
    """Counted as it comes, and never unpacked: a small answer stays small."""
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > LONGEST:
            raise FetchFailed("too_large", service=service)
        if time.monotonic() > ends:
            raise FetchFailed("too_slow", service=service, retryable=True)
    return bytes(body)


def _refused(service: str, status: int) -> FetchFailed:
    """What is not there yet may come: a message and its file do not always travel together."""
    if status == 410:
        return FetchFailed(f"http_{status}", service=service, gone=True)
    return FetchFailed(f"http_{status}", service=service, retryable=True)


def _url(named: Fetched | str) -> str:
    if not isinstance(named, Fetched):
        raise FetchFailed("redirected", service="meta")
    try:
        found = httpx.Response(200, content=named.body).json()
    except ValueError as error:
        raise FetchFailed("unreadable", service="meta", retryable=True) from error
    url = found.get("url") if isinstance(found, dict) else None
    return url if isinstance(url, str) else ""


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for what names none, or hides another behind a name (`https://ours@theirs`)."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or "\\" in url:
        return None
    return parts.scheme, parts.hostname, port


def _is_name(host: str) -> bool:
    """A name in the public net as it is usually written: no address in any notation, no final dot."""
    last = host.rpartition(".")[2]
    return "." in host and last.replace("-", "").isalnum() and not last[0].isdigit() and not host.endswith(_HOUSE)


def _addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]


def _is_global(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.is_global and not found.is_multicast
