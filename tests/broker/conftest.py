"""The same broker as the journeys have."""

from tests.journeys.conftest import kafka_url, var

__all__ = ["kafka_url", "var"]
