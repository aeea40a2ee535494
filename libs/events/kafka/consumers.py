"""A consumer that reads every record, also one whose header *name* is not UTF-8.

aiokafka 0.14 raises on such a name for all partitions, and loses what it had read of the others.
Here the batch in question is read once more, and the name comes with its bytes escaped (PEP 383),
so the record can be set aside like any other. Nothing is patched for anybody else.
"""

import types
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


class EscapingBytes(bytearray):
    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return EscapingBytes(found) if isinstance(place, slice) else found

    def decode(self, *given: Any, **named: Any) -> str:
        return bytes(self).decode("utf-8", "surrogateescape")


class EscapingBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # untyped
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        raw: Any = vars(self)["_buffer"]
        self._buffer = EscapingBytes(raw)


class LenientBatch:
    """The stock batch, read again by the escaping one from the record that it fails on."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._stock = DefaultRecordBatch(raw)
        self._reading: Any = None
        self._read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stock, name)

    def __iter__(self) -> "LenientBatch":
        self._reading = self._reading or iter(self._stock)
        return self

    def __next__(self) -> Any:
        self.__iter__()
        try:
            record = next(self._reading)
        except (UnicodeDecodeError, CorruptRecordException) as fault:
            if isinstance(self._reading, EscapingBatch) or not about_text(fault):
                raise
            self._reading = iter(EscapingBatch(self._raw))
            for _ in range(self._read):
                next(self._reading)
            record = next(self._reading)
        self._read += 1
        return record


def about_text(fault: Exception) -> bool:
    return isinstance(fault, UnicodeDecodeError) or isinstance(fault.__cause__, UnicodeDecodeError)


class LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]  # untyped
    def next_batch(self) -> Any:
        part = self._next_slice
        newest = part is not None and len(part) >= self.MIN_SLICE and part[self.MAGIC_OFFSET] >= 2
        if not newest:
            return super().next_batch()
        self._cache_next()
        return LenientBatch(bytes(part))


# The same code, in which one global name means something else.
STOCK = fetcher.Fetcher._proc_fetch_request
assert "MemoryRecords" in STOCK.__code__.co_names, "this aiokafka reads its records another way"


class LenientFetcher(fetcher.Fetcher):  # type: ignore[misc]  # untyped
    _proc_fetch_request = types.FunctionType(
        STOCK.__code__,
        {**vars(fetcher), "MemoryRecords": LenientRecords},
        STOCK.__name__,
        STOCK.__defaults__,
        STOCK.__closure__,
    )


class LenientConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # untyped
    @property
    def _fetcher(self) -> Any:
        return self.__dict__.get("_lenient_fetcher")

    @_fetcher.setter
    def _fetcher(self, made: Any) -> None:
        if made is not None:
            assert type(made) is fetcher.Fetcher
            made.__class__ = LenientFetcher  # before its own task has run once
        self.__dict__["_lenient_fetcher"] = made
