"""Fetching a customer's file from the provider that keeps it: only from where it may be, and never too much of it."""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.channels.media_kinds import LONGEST
from bot.errors import OutsideService
from bot.models import Attachment, Provider
from bot.settings import settings

TIMEOUT = httpx.Timeout(15.0, connect=4.0)
LONGEST_S = 60.0  # in all; less than the lease of `media`
_META_HOSTS = (".facebook.com", ".fbcdn.net", "lookaside.fbsbx.com")
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

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def fetch(self, attachment: Attachment) -> Fetched:
        """The file of `attachment`. Raises `FetchFailed`."""
        if attachment.provider == Provider.TWILIO:
            return self._from_twilio(attachment.reference)
        return self._from_meta(attachment.reference)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _from_twilio(self, url: str) -> Fetched:
        """Our credentials go to Twilio's API alone; where that sends us on, they stay behind."""
        own = settings()
        token = own.twilio_auth_token
        if _origin(url) is None or _origin(url) != _origin(own.twilio_api_base):
            raise FetchFailed("elsewhere", service="twilio")
        if token is None:
            raise FetchFailed("no_credentials", service="twilio", retryable=True)
        auth = httpx.BasicAuth(own.twilio_account_sid, token.get_secret_value())
        answer = self._get("twilio", url, auth=auth)
        if isinstance(answer, Fetched):
            return answer
        if not _is_public(answer):
            raise FetchFailed("elsewhere", service="twilio")
        there = self._get("twilio", answer)
        if not isinstance(there, Fetched):
            raise FetchFailed("too_many_redirects", service="twilio")
        return there

    def _from_meta(self, media_id: str) -> Fetched:
        own = settings()
        token = own.meta_access_token
        if not _MEDIA_ID.fullmatch(media_id):
            raise FetchFailed("elsewhere", service="meta")
        if token is None:
            raise FetchFailed("no_credentials", service="meta", retryable=True)
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        base = own.meta_api_base.rstrip("/")
        named = self._get("meta", f"{base}/{own.meta_api_version}/{media_id}", headers=headers)
        url = _url(named)
        of_meta = _is_public(url) and (urlsplit(url).hostname or "").endswith(_META_HOSTS)
        if not of_meta and (_origin(url) is None or _origin(url) != _origin(base)):
            raise FetchFailed("elsewhere", service="meta")
        fetched = self._get("meta", url, headers=headers)
        if not isinstance(fetched, Fetched):
            raise FetchFailed("redirected", service="meta")
        return fetched

    def _get(self, service: str, url: str, **given: Any) -> Fetched | str:
        """The answer's bytes, or where it sends us on."""
        try:
            headers = {**given.pop("headers", {}), "Accept-Encoding": "identity"}
            with self._client.stream("GET", url, headers=headers, **given) as answer:
                if answer.is_redirect:
                    return str(answer.headers.get("Location", ""))
                if not answer.is_success:
                    raise _refused(service, answer.status_code)
                return Fetched(_bounded(service, answer), answer.headers.get("Content-Type", ""))
        except httpx.HTTPError as error:
            raise FetchFailed(type(error).__name__, service=service, retryable=True) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchFailed("elsewhere", service=service) from error


@lru_cache(maxsize=1)
def fetcher() -> Fetcher:
    """This process's fetcher."""
    return Fetcher()


def _bounded(service: str, answer: httpx.Response) -> bytes:
    """Counted as it comes, and never unpacked: a small answer stays small."""
    body, ends = bytearray(), time.monotonic() + LONGEST_S
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


def _is_public(url: str) -> bool:
    """Whether a redirect may be followed: https, the usual port, a name in the public net."""
    origin = _origin(url)
    if origin is None or origin[0] != "https" or origin[2] != 443:
        return False
    try:
        ipaddress.ip_address(origin[1])
    except ValueError:
        return "." in origin[1] and not origin[1].endswith((".local", ".internal", ".localhost"))
    return False
