"""Keys for personal values, one a matter or subject. A key that is destroyed is never made again.

The keys lie in a database of their own, which the services share as they share Kafka, each wrapped
by a master key that lies elsewhere (AES-GCM, NIST SP 800-38D).
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from secrets import token_bytes
from tempfile import mkstemp
from typing import Any, Final, Self

from cachetools import LRUCache
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Executable,
    LargeBinary,
    MetaData,
    Named,
    Table,
    TypedColumns,
    event,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from libs.events.core.kernel import Hidden
from libs.events.store.databases import among, require_durable, rinse
from libs.events.system.private_files import BadMasterKey, private_text
from libs.events.wire.encryption import Key

NONCE: Final = 12
MOST_READY: Final = 4_096

vault_metadata = MetaData()


class KeyColumns(TypedColumns):
    """`name` is the trace code of a matter, or a subject. Without `wrapped` it was destroyed."""

    name: Named[str] = Column(primary_key=True)
    wrapped: Named[bytes | None] = Column(LargeBinary)


class PersonColumns(TypedColumns):
    """Which keys hide something of a person, so that a person can be forgotten."""

    person: Named[str] = Column(primary_key=True)
    name: Named[str] = Column(primary_key=True)


data_keys = Table("data_keys", vault_metadata, KeyColumns)
persons_keys = Table("persons_keys", vault_metadata, PersonColumns)


@lru_cache
def finding(dialect: str) -> Executable:
    named = among(data_keys.c.name, "names", dialect)
    return select(data_keys.c.name, data_keys.c.wrapped).where(named)


class MasterKey:
    """Wraps the data keys. It never lies where they lie."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise BadMasterKey("the master key has 32 bytes, written in base64")
        self._secret = secret
        self._cipher = AESGCM(secret)

    def derived(self, purpose: str) -> bytes:
        """A key for something else, which does not give this one away: HKDF, RFC 5869."""
        return HKDF(SHA256(), 32, None, f"lianban {purpose}".encode()).derive(self._secret)

    @classmethod
    def from_environment(cls, file: Path, *, make: bool) -> Self:
        """From `LIANBAN_MASTER_KEY`, else from the file, which nobody else may read."""
        if text := os.environ.get("LIANBAN_MASTER_KEY"):
            return cls(decoded(text))
        if make and not file.exists():
            make_key(file)
        return cls(decoded(private_text(file)))

    def wrap(self, name: str, key: bytes, nonce: bytes) -> bytes:
        return nonce + self._cipher.encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        return self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], name.encode())


def make_key(file: Path) -> None:
    """It is there whole or not at all: services of a suite start together, and the first one's is
    everyone's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unnamed = mkstemp(dir=file.parent)  # only its owner may read it
    try:
        with os.fdopen(descriptor, "wb") as made:
            made.write(b64encode(token_bytes(32)))
        with suppress(FileExistsError):  # another service was first
            os.link(unnamed, file)
    finally:
        os.unlink(unnamed)


def decoded(text: str) -> bytes:
    try:
        return b64decode(text.strip(), validate=True)
    except ValueError as problem:
        raise BadMasterKey("the master key has 32 bytes, written in base64") from problem


class Vault:
    def __init__(self, engine: Engine, master: MasterKey) -> None:
        self.engine = engine
        self._master = master
        self._writing = engine.execution_options(writes=True)
        self._noted: set[tuple[str, str]] = set()
        # Keys that were made and not taken yet. It may forget them: then they are asked for.
        self._ready: LRUCache[str, Key] = LRUCache(MOST_READY)
        event.listen(engine, "connect", self._doubt)

    def _doubt(self, connection: object, record: object) -> None:
        """Behind a new connection may stand another server, which was told less than the one before
        it: what lay ready is asked for there."""
        self._ready = LRUCache(MOST_READY)

    def prepare(self) -> None:
        """The tables stand, whoever of the services comes first. Raises `Unusable`."""
        with self._writing.begin() as tx:
            if tx.dialect.name == "postgresql":
                tx.exec_driver_sql("SELECT pg_advisory_xact_lock(727001)")
                require_durable(tx)
            vault_metadata.create_all(tx)

    @property
    def identity_key(self) -> bytes:
        """The one key of the jurisdiction under which numbers become tokens."""
        return self._master.derived("identity")

    def answers(self) -> bool:
        """Whether a fresh connection can be written: if not, it is an outage."""
        self.engine.dispose()
        try:
            with self._writing.connect() as tx, tx.begin() as trial:
                tx.execute(finding(tx.dialect.name), {"names": []})
                trial.rollback()
        except Exception:
            return False
        return True

    def find(self, names: Collection[str]) -> Mapping[str, Key]:
        """The keys under these names, as far as they have ever had one."""
        if not names:
            return {}
        with self.engine.connect() as tx:
            return self._found(tx, names)

    def take(
        self,
        names: Collection[str],
        persons: Collection[tuple[str, str]] = (),
        *,
        fresh: Collection[str] = (),
    ) -> Mapping[str, Key]:
        """The keys under these names, made for those that never had one; `fresh` ones probably did
        not, so they are made first and asked for only if somebody else was quicker. What was made
        ready for them is theirs without asking.

        `persons` says which person a key hides something of.
        """
        lies = self._ready  # a new connection of another thread may put another in its place
        ready = {name: lies.pop(name) for name in fresh if name in lies}
        known = {**ready, **self.find(set(names) - set(fresh))}
        new = sorted({*names, *fresh} - known.keys())
        unknown = set(persons) - self._noted
        if not new and not unknown:
            return known
        keys: Mapping[str, Key] = {}
        with self._writing.begin() as tx:
            if unknown:
                rows = [{"person": person, "name": name} for person, name in sorted(unknown)]
                tx.execute(insertion(tx.dialect.name, persons_keys), rows)
            if new:
                keys = self._made(tx, new)
        if len(self._noted) > 100_000:
            self._noted.clear()
        self._noted |= unknown
        return {**known, **keys}

    def make_ready(self, names: Sequence[str]) -> None:
        """Makes keys under names that nobody has been told yet, all at once. Whoever takes them
        afterwards asks nobody."""
        with self._writing.begin() as tx:
            made = self._made(tx, names)
        self._ready.update(made)

    def _made(self, tx: Connection, names: Sequence[str]) -> Mapping[str, Key]:
        keys = dict(zip(names, secrets_of(32, len(names)), strict=True))
        nonces = secrets_of(NONCE, len(names))
        rows = [
            {"name": name, "wrapped": self._master.wrap(name, key, nonce)}
            for (name, key), nonce in zip(keys.items(), nonces, strict=True)
        ]
        made = tx.execute(insertion(tx.dialect.name, data_keys), rows).rowcount
        if made == len(names):
            return keys
        return self._found(tx, names)  # another service was first, or it is there for long

    def known(self, name: str) -> bool:
        """Whether there ever was a key of this name."""
        return name in self.find([name])

    def names_of(self, person: str) -> list[str]:
        """The keys that hide something of a person."""
        found = select(persons_keys.c.name).where(persons_keys.c.person == person)
        with self.engine.connect() as tx:
            return list(tx.execute(found.order_by(persons_keys.c.name)).scalars())

    def destroy(self, names: Collection[str]) -> None:
        """From here on nobody reads what lies under them, in no copy and no backup of the log."""
        gone = update(data_keys).where(data_keys.c.name.in_(names)).values(wrapped=None)
        with self._writing.begin() as tx:
            tx.execute(gone)
        rinse(self.engine)

    def _found(self, tx: Connection, names: Collection[str]) -> dict[str, Key]:
        rows = tx.execute(finding(tx.dialect.name), {"names": list(names)})
        return {
            name: Hidden.ERASED if wrapped is None else self._master.unwrap(name, wrapped)
            for name, wrapped in rows
        }


def secrets_of(length: int, count: int) -> list[bytes]:
    """So many, of one question to the system."""
    some = token_bytes(length * count)
    return [some[at : at + length] for at in range(0, len(some), length)]


@lru_cache
def insertion(dialect: str, table: Table[Any]) -> Any:
    put: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect].insert(table)
    return put.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
