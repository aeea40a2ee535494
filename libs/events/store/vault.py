"""Keys for personal values, one a matter or subject. A key that is destroyed is never made again.

The keys lie in a database of their own, which the services share as they share Kafka, each wrapped
by a master key that lies elsewhere (AES-GCM, NIST SP 800-38D).
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from secrets import token_bytes
from tempfile import mkstemp
from typing import Any, Final, Self

from cachetools import LRUCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Executable,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    Table,
    TypedColumns,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from libs.events.core.kernel import Hidden
from libs.events.store.databases import Unusable, among, require_durable, rinse
from libs.events.store.migrating import OF_KEYS, FromTheFuture
from libs.events.store.outages import Away
from libs.events.system.private_files import BadMasterKey, private_text
from libs.events.wire.encryption import DamagedKey, Key

NONCE: Final = 12
MOST_READY: Final = 4_096
# So many keys of a store without a canary are tried; so many names are in one statement.
SOME: Final = 20
PAGE: Final = 1_000

vault_metadata = MetaData()


class KeyColumns(TypedColumns):
    """`name` is the trace code of a matter, or a subject. Without `wrapped` it was destroyed."""

    name: Named[str] = Column(primary_key=True)
    wrapped: Named[bytes | None] = Column(LargeBinary)


class CanaryColumns(TypedColumns):
    """What a master key opens if it is the one that this store is written under."""

    name: Named[str] = Column(primary_key=True)
    wrapped: Named[bytes] = Column(LargeBinary)


class ForgottenColumns(TypedColumns):
    """Up to which place in its log a service has seen to it that what it says was forgotten is. It
    lies here: a store that is restored says how far it had come then."""

    service: Named[str] = Column(primary_key=True)
    position: Named[int] = Column(BigInteger().with_variant(Integer(), "sqlite"))


class PersonColumns(TypedColumns):
    """Which keys hide something of a person, so that a person can be forgotten."""

    person: Named[str] = Column(primary_key=True)
    name: Named[str] = Column(primary_key=True)


data_keys = Table("data_keys", vault_metadata, KeyColumns)
persons_keys = Table("persons_keys", vault_metadata, PersonColumns)
canaries = Table("canaries", vault_metadata, CanaryColumns)
forgotten = Table("forgotten", vault_metadata, ForgottenColumns)

CANARY: Final = "canary"
SINGS: Final = b"this store is written under this key"
# Of a connection: what stands behind it has been looked at.
PROVED: Final = "proved"


CANARIES: Final = select(canaries.c.wrapped).where(canaries.c.name == CANARY)


@lru_cache
def finding(dialect: str) -> Executable:
    named = among(data_keys.c.name, "names", dialect)
    return select(data_keys.c.name, data_keys.c.wrapped).where(named)


class WrongMasterKey(Away, BadMasterKey):
    """Nothing is read or written: what lies there would be lost, and what we wrote as well."""


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
    def from_environment(cls, file: Path, *, make: Callable[[], bool]) -> Self:
        """From `LIANBAN_MASTER_KEY`, else from the file, which nobody else may read; `make` says
        whether one may be made where there is none. Raises `BadMasterKey`."""
        if text := os.environ.get("LIANBAN_MASTER_KEY"):
            return cls(decoded(text))
        if not file.exists() and make():
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


def is_written(engine: Engine) -> bool:
    """Whether anything was ever written there, under whatever key."""
    with engine.connect() as tx:
        there = inspect(tx)
        return any(
            there.has_table(table.name) and tx.execute(select(table).limit(1)).first() is not None
            for table in (canaries, data_keys)
        )


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
        """The tables stand, whoever of the services comes first, and what lies in them opens under
        our key. Raises `Unusable`, `WrongMasterKey`."""
        with self._writing.begin() as tx:
            if tx.dialect.name == "postgresql":
                tx.exec_driver_sql("SELECT pg_advisory_xact_lock(727001)")
                require_durable(tx)
            try:
                OF_KEYS.bring(tx, lambda: vault_metadata.create_all(tx))
            except FromTheFuture as future:
                raise Unusable(str(future)) from None
            if tx.execute(select(canaries.c.name)).first() is None:
                self._require_opens(tx)
                wrapped = self._master.wrap(CANARY, SINGS, token_bytes(NONCE))
                tx.execute(insert(canaries), {"name": CANARY, "wrapped": wrapped})
            self._prove(tx)

    def _require_opens(self, tx: Connection) -> None:
        """A store of before there was a canary: some key in it, if there is one, opens."""
        some = select(data_keys).where(data_keys.c.wrapped.is_not(None)).limit(SOME)
        rows = tx.execute(some).all()
        if rows and not any(self._opens(row.name, row.wrapped) for row in rows):
            raise WrongMasterKey("the key store is written under another master key")

    def _opens(self, name: str, wrapped: bytes) -> bool:
        try:
            self._master.unwrap(name, wrapped)
        except InvalidTag:
            return False
        return True

    def _prove(self, tx: Connection) -> None:
        """Once behind each connection: it may lead to another store than the one before."""
        if tx.info.get(PROVED):
            return
        row = tx.execute(CANARIES).first()
        if row is None:
            raise WrongMasterKey("behind this connection lies a key store that was never prepared")
        if not self._opens(CANARY, row.wrapped):
            raise WrongMasterKey("the key store is written under another master key")
        tx.info[PROVED] = True

    @property
    def identity_key(self) -> bytes:
        """The one key of the jurisdiction under which numbers become tokens."""
        return self._master.derived("identity")

    def answers(self) -> bool:
        """Whether a fresh connection can be written: if not, it is an outage."""
        self.engine.dispose()
        try:
            with self._writing.connect() as tx, tx.begin() as trial:
                self._prove(tx)
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
        with self._written() as tx:
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
        with self._written() as tx:
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
        with self._written() as tx:
            self._destroy(tx, names)
        rinse(self.engine)

    def forgotten_until(self, service: str) -> int:
        """Up to which place of its log what a service says was forgotten is."""
        mine = select(forgotten.c.position).where(forgotten.c.service == service)
        with self.engine.connect() as tx:
            self._prove(tx)
            return tx.execute(mine).scalar() or 0

    def forget_again(self, service: str, names: Collection[str], until: int) -> int:
        """What was forgotten stays so, whichever state of this store was restored. How many keys
        had come back."""
        with self._written() as tx:
            back = self._destroy(tx, names)
            put: Any = {"postgresql": postgresql, "sqlite": sqlite}[tx.dialect.name]
            row = put.insert(forgotten).values(service=service, position=until)
            tx.execute(row.on_conflict_do_update(
                index_elements=["service"], set_={"position": until}
            ))  # fmt: skip
        if back:
            self._ready = LRUCache(MOST_READY)
            rinse(self.engine)
        return back

    def _destroy(self, tx: Connection, names: Collection[str]) -> int:
        """How many there were."""
        these = among(data_keys.c.name, "names", tx.dialect.name)
        lives = data_keys.c.wrapped.is_not(None)
        gone = update(data_keys).where(these, lives).values(wrapped=None)
        gone = gone.execution_options(preserve_rowcount=True)
        asked = sorted(names)
        pages = [asked[start : start + PAGE] for start in range(0, len(asked), PAGE)]
        return sum(tx.execute(gone, {"names": page}).rowcount for page in pages)

    @contextmanager
    def _written(self) -> Iterator[Connection]:
        with self._writing.begin() as tx:
            self._prove(tx)
            yield tx

    def _found(self, tx: Connection, names: Collection[str]) -> dict[str, Key]:
        self._prove(tx)
        rows = tx.execute(finding(tx.dialect.name), {"names": list(names)})
        return {
            name: Hidden.ERASED if wrapped is None else self._unwrapped(name, wrapped)
            for name, wrapped in rows
        }

    def _unwrapped(self, name: str, wrapped: bytes) -> Key:
        try:
            return self._master.unwrap(name, wrapped)
        except InvalidTag:
            return DamagedKey(name)


def secrets_of(length: int, count: int) -> list[bytes]:
    """So many, of one question to the system."""
    some = token_bytes(length * count)
    return [some[at : at + length] for at in range(0, len(some), length)]


@lru_cache
def insertion(dialect: str, table: Table[Any]) -> Any:
    put: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect].insert(table)
    return put.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
