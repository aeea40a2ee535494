"""A TCP proxy that can reset what runs through it, or swallow it, in the middle of anything."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from threading import Event as Flag
from threading import Thread
from time import sleep
from typing import Final

CHUNK: Final = 64 * 1024
# With this a socket that is closed says RST, and not FIN.
RESET: Final = struct.pack("ii", 1, 0)


class Proxy:
    """From a port of its own to another one on loopback; it runs in a thread of its own."""

    def __init__(self, port: int, to: int) -> None:
        self.port = port
        self._to = to
        self._loop: asyncio.AbstractEventLoop | None = None
        self._through: set[asyncio.WriteTransport] = set()
        self._flows = asyncio.Event()
        self._over = asyncio.Event()
        self._stands = Flag()
        self._thread = Thread(target=self._run, name=f"proxy-{port}", daemon=True)

    def start(self) -> None:
        self._thread.start()
        if not self._stands.wait(10):
            raise TimeoutError(f"no proxy on {self.port}")

    def stop(self) -> None:
        self._soon(self._over.set)
        self._thread.join(5)

    def reset(self) -> None:
        """Every connection that runs through it is gone, whatever was on its way."""
        self._soon(self._abort)

    def freeze(self) -> None:
        """From now on nothing comes through, and nobody is told, who connects neither."""
        self._soon(self._flows.clear)

    def thaw(self) -> None:
        self._soon(self._flows.set)

    def swallow(self, seconds: float) -> None:
        """Nothing comes through and nobody is told; then the connections are gone."""
        self.freeze()
        sleep(seconds)
        self._soon(self._abort)
        self.thaw()

    def _soon(self, what: Callable[[], object]) -> None:
        assert self._loop is not None, "it was not started"
        self._loop.call_soon_threadsafe(what)

    def _run(self) -> None:
        """Until it is over; then nothing of it is left open."""
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._flows.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)
        self._stands.set()
        await self._over.wait()
        server.close()
        self._abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        try:
            there = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            abort(writer.transport)
            return
        pair = (writer.transport, there[1].transport)
        self._through.update(pair)
        try:
            await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
        finally:
            self._through.difference_update(pair)
            for one in pair:
                one.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()

    def _abort(self) -> None:
        for one in list(self._through):
            abort(one)


def abort(transport: asyncio.BaseTransport) -> None:
    wire: socket.socket | None = transport.get_extra_info("socket")
    if wire is not None:
        with suppress(OSError):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
