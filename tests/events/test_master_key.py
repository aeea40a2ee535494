"""The master key: whole or not at all, and everyone's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from libs.events.store.vault import MasterKey


def test_services_that_start_together_have_one_master_key(tmp_path: Path) -> None:
    together = 8
    with ThreadPoolExecutor(together) as services:
        for round_ in range(100):
            file, start = tmp_path / str(round_) / "master.key", Barrier(together)

            def begun(file: Path = file, start: Barrier = start) -> bytes:
                start.wait()
                return MasterKey.from_environment(file, make=lambda: True).derived("test")

            assert len(set(services.map(lambda _, one=begun: one(), range(together)))) == 1
            assert [one.name for one in file.parent.iterdir()] == ["master.key"]
            assert file.stat().st_mode & 0o777 == 0o600
