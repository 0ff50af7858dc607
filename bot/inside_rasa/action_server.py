"""The connection to the action server, kept between calls."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Dict, Optional, Text

import aiohttp
from aiohttp.client_exceptions import ContentTypeError
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

IDLE_SECONDS = 3
"""The action server closes an idle connection after five seconds; ours goes first: no call meets a closed one."""

LONGEST_CALL_SECONDS = 30
"""Rasa waits five minutes for an action. Nobody in a chat does."""


class KeptSession:
    """Does what `EndpointConfig.request` does, with one session for as long as the event loop lives."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        """Takes the endpoint; the session is made at the first call, inside the loop that runs then."""
        self._endpoint = endpoint
        self._session: Optional[aiohttp.ClientSession] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    async def request(
        self,
        method: Text = "post",
        subpath: Optional[Text] = None,
        content_type: Optional[Text] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Optional[Any]:
        """Sends a request and gives its JSON, or None when it has none; raises ClientResponseError from 400 on."""
        headers: Dict[Text, Any] = {"Content-Type": content_type} if content_type else {}
        headers.update(kwargs.pop("headers", {}))
        headers.update(self._endpoint.headers)
        seconds = min(kwargs.pop("timeout", LONGEST_CALL_SECONDS), LONGEST_CALL_SECONDS)
        async with self._opened().request(
            method,
            concat_url(self._endpoint.url, subpath),
            headers=headers,
            params=self._endpoint.combine_parameters(kwargs),
            compress=compress,
            timeout=aiohttp.ClientTimeout(total=seconds),
            **kwargs,
        ) as response:
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason, await response.content.read())
            try:
                return await response.json()
            except ContentTypeError:
                return None

    async def close(self) -> None:
        """Closes the session if there is one."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._session = aiohttp.ClientSession(
                headers=self._endpoint.headers,
                connector=aiohttp.TCPConnector(keepalive_timeout=IDLE_SECONDS, limit=0),
                json_serialize=lambda body: json.dumps(body, separators=(",", ":")),
            )
            self._loop = loop
        return self._session
