"""What every service imports, imported once before it is forked: see `forking`.

What cannot be imported is left to the service that needs it, which says so and refuses to start.
"""

import gc
import importlib
from contextlib import suppress

from libs.console.suite import services

LAZILY = (
    "alembic.migration", "alembic.operations", "alembic.script", "kafka.admin",
    "libs.console.ending", "libs.console.main",
    "libs.console.protocol",
    "libs.events.kafka.topics", "libs.events.system.gc_tuning", "libs.events.system.telemetry",
    "libs.statute.checking", "pydantic.v1", "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite", "sqlite3", "uvicorn.lifespan.on",
)  # fmt: skip

for name in (*LAZILY, *(f"services.{one}.main" for one in services())):
    with suppress(Exception):
        importlib.import_module(name)

# What is here by now stays, in each of them: no search for garbage touches it.
gc.collect()
gc.freeze()
