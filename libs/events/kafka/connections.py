"""What aiokafka needs to live through a connection that is reset.

On a transport that is closed uvloop raises RuntimeError, where asyncio raises OSError or nothing;
aiokafka 0.14 does not know it, and the tasks that fetch and keep the group die of it (aiokafka
#1038). Here it is what it means: the connection is gone, and a new one is opened.
"""

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

STOCK = AIOKafkaConnection.send


def send(self: Any, request: Any, expect_response: bool = True) -> Any:
    try:
        return STOCK(self, request, expect_response)
    except RuntimeError as closed:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(str(closed)) from closed


def mend() -> None:
    """For every connection to Kafka of this process."""
    AIOKafkaConnection.send = send
