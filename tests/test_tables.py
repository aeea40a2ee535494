"""A service has its own tables, whatever else its process has imported."""

import subprocess
import sys
from functools import cache

import pytest

from libs.events.store.tables import OF, tables_of
from tests.assembled import ASSEMBLE
from tests.conftest import ROOT

DIGESTS = """
import importlib, sys
for one in sys.argv[1:]:
    importlib.import_module(f"services.{one}.main")
from libs.events.releases.models import digest_of, read_models
print(*[digest_of(read_models(one)) for one in sys.argv[1:]])
"""


@cache
def digests(*services: str) -> dict[str, str]:
    """Of each, in a process that has imported these and no others."""
    words = [sys.executable, "-c", DIGESTS, *services]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(zip(services, done.stdout.split(), strict=True))


@pytest.mark.parametrize("service", ["grid", "exchange"])
def test_the_same_whether_or_not_others_are_imported(service: str) -> None:
    """Services are forked from a process that has imported all of them, a command imports one."""
    assert digests(service)[service] == digests(*ASSEMBLE)[service]


def test_no_table_is_of_two_services() -> None:
    own = {name: {one.name for one in tables_of(name) if one.info.get(OF)} for name in ASSEMBLE}
    assert all(own.values())
    for name, tables in own.items():
        assert not any(tables & others for other, others in own.items() if other != name)
