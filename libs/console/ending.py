"""A server that ends when it is told to, whatever it is waiting for just then."""

import os
from threading import Timer
from types import FrameType

import uvicorn

from libs.events.process.service import STOP_SECONDS


class EndingServer(uvicorn.Server):
    """uvicorn looks at a signal once it has started: with a frozen broker, that is never."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        ending = Timer(STOP_SECONDS, os._exit, (0,))
        ending.daemon = True
        ending.start()
        super().handle_exit(sig, frame)
