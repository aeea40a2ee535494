"""docker-compose.yml against the schema of the Compose specification, and our own wishes."""

import json
from importlib.resources import files
from typing import Any

import yaml
from jsonschema.validators import validator_for

from tests.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def test_it_fits_the_specification_and_the_check_can_fail() -> None:
    folder = files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text("utf-8"))
    judge = validator_for(schema)(schema)
    assert [error.message for error in judge.iter_errors(COMPOSE)] == []
    wrong = {**COMPOSE, "services": {"x": {"imaeg": "y"}}}
    assert list(judge.iter_errors(wrong))


def test_every_image_is_pinned_and_nothing_runs_as_root() -> None:
    for name, service in COMPOSE["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert any(letter.isdigit() for letter in tag), name
        assert service["user"].split(":")[0] not in ("0", "root"), name


# One ends when it is done; the other's image holds nothing that could ask its port.
UNWATCHED = {"topics", "collector"}


def test_whatever_stays_up_says_how_it_is() -> None:
    for name, service in COMPOSE["services"].items():
        asks = " ".join(service.get("healthcheck", {}).get("test", ()))
        watched = "127.0.0.1" in asks or "pg_isready" in asks
        assert watched or name in UNWATCHED, name


def test_what_is_depended_on_is_there_and_can_be_waited_for() -> None:
    for name, service in COMPOSE["services"].items():
        for other, told in service.get("depends_on", {}).items():
            assert other in COMPOSE["services"], name
            healthy = told["condition"] == "service_healthy"
            assert not healthy or "healthcheck" in COMPOSE["services"][other], name
