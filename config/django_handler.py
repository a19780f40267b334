"""Django as an ASGI application that answers a request in one step of one thread.

Nothing of ours is asynchronous in Django: neither middleware nor views. Its own handler goes from
the event loop to a thread and back for each signal and each middleware that could be either, nine
times a request, and starts and joins a thread for it.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

PIECE = 2**18  # bytes of an answer that are sent at once
MAX_IDLE = 12  # threads kept between requests; any number may be at work


class OneThreadHandler(ASGIHandler):
    """An answer that is whole is closed, and its database connection given back, before it is sent.
    Of one that is streamed, each piece is made in the same thread."""

    chunk_size = PIECE

    def __init__(self) -> None:
        BaseHandler.__init__(self)  # ASGIHandler's loads the middlewares for the event loop
        self.load_middleware(is_async=False)
        self._answer_in_thread = sync_to_async(self._answer, thread_sensitive=True)
        self._idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Django answers HTTP alone, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        async with ThreadSensitiveContext(executor=thread):
            answering = asyncio.ensure_future(self._answer_in_thread(scope, body))
            try:
                # Shielded: who leaves does not interrupt a thread.
                response = await asyncio.shield(answering)
                if response.streaming:
                    await self._stream(response, receive, send)
                else:
                    await self.send_response(response, send)
            finally:
                answering.add_done_callback(lambda done: self._end(done, thread))

    def _answer(self, scope: Any, body: Any) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
            body.close()
        return response

    async def _stream(self, response: Any, receive: Any, send: Any) -> None:
        """Until it is over, or nobody is there to read it."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (sending, leaving):
                if not each.done():
                    each.cancel()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()

    def _end(self, answering: asyncio.Future[Any], thread: ThreadPoolExecutor) -> None:
        """Once it has answered. What a streamed answer left in its thread is cleared up there, and
        the thread ends: something may be at work in it still."""
        failed = answering.cancelled() or answering.exception() is not None
        if failed or answering.result().streaming:
            if not failed:
                thread.submit(answering.result().close)
            thread.shutdown(wait=False)
        elif len(self._idle) < MAX_IDLE:
            self._idle.append(thread)
        else:
            thread.shutdown(wait=False)
