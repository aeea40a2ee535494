"""A real Kafka for the whole run: TEST_KAFKA, a container, or the local one of two packages."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.console import broker
from tests.conftest import ROOT
from tests.postgresql import docker_answers


@pytest.fixture(scope="session")
def kafka_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if url := os.environ.get("TEST_KAFKA"):
        yield url
    elif docker_answers():
        from testcontainers.kafka import KafkaContainer

        with KafkaContainer("apache/kafka:4.3.1") as container:
            yield container.get_bootstrap_server()
    else:
        local = broker.start(tmp_path_factory.mktemp("kafka"), cache=ROOT / "var" / "jars")
        try:
            yield local.url
        finally:
            local.stop()


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"
