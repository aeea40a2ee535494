"""What a user can mend is told in one line, with exit code 2."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from uuid import UUID

import jwt
import pytest

from libs.console import broker, suite
from libs.console.broker import ROOT, NoBroker, free_or_else, free_ports, require_pinned
from libs.console.demo import forget_old
from libs.events.store.vault import MasterKey
from libs.statute.drawing import ALGORITHM, drawn, list_hash, seed_of

Prepare = Callable[[Path], dict[str, str]]


def lianban(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "libs.console.main", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def plainly_refused(done: subprocess.CompletedProcess[str], reason: str) -> None:
    assert done.returncode == 2, done.stderr
    (line,) = [one for one in done.stderr.splitlines() if "WARNING" not in one]
    assert reason in line


def readable_key(folder: Path) -> dict[str, str]:
    key = folder / "master.key"
    key.write_text("a" * 43 + "=")
    key.chmod(0o644)
    return {"LIANBAN_MASTER_KEY_FILE": str(key)}


def short_key(folder: Path) -> dict[str, str]:
    return {"LIANBAN_MASTER_KEY": "c2hvcnQ="}


def no_database(folder: Path) -> dict[str, str]:
    (folder / "file").write_text("")
    return {"DATABASE_URL_GRID": f"sqlite:///{folder}/file/grid.db"}


def no_kafka(folder: Path) -> dict[str, str]:
    (port,) = free_ports(1)
    return {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}", "KAFKA_WAIT": "1"}


def no_pack(folder: Path) -> dict[str, str]:
    return {"LIANBAN_PACK": str(folder / "nowhere")}


def bad_pack(folder: Path) -> dict[str, str]:
    shutil.copytree(ROOT / "jurisdictions" / "boston", folder / "pack")
    rules = folder / "pack" / "rules.csv"
    rules.write_text(rules.read_text("utf-8").replace("GRID.REGISTER,24", "GRID.REGISTER,soon"))
    return {"LIANBAN_PACK": str(folder / "pack")}


def loose_pack(folder: Path) -> dict[str, str]:
    """Each table can be read, and one names what no other has."""
    shutil.copytree(ROOT / "jurisdictions" / "boston", folder / "pack")
    kinds = folder / "pack" / "categories.csv"
    kinds.write_text(kinds.read_text("utf-8").replace(",BTD,", ",NOBODY,"), "utf-8")
    return {"LIANBAN_PACK": str(folder / "pack")}


FAULTS: dict[str, tuple[Prepare, str]] = {
    "key readable by others": (readable_key, "is readable by others"),
    "key too short": (short_key, "has 32 bytes"),
    "database not writable": (no_database, "grid refuses to start"),
    "no Kafka": (no_kafka, "no Kafka answers"),
    "no pack": (no_pack, "there is no such pack"),
    "bad pack": (bad_pack, "rules.csv:"),
    "loose pack": (loose_pack, "there is no agency NOBODY"),
}


@pytest.mark.parametrize(("prepare", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_service_that_cannot_start_says_why(
    tmp_path: Path, prepare: Prepare, reason: str
) -> None:
    (port,) = free_ports(1)
    environment = {"LIANBAN_VAR": str(tmp_path / "var"), "LIANBAN_PORT_GRID": str(port)}
    plainly_refused(lianban("run", "grid", **environment, **prepare(tmp_path)), reason)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = lianban("run", "grid", LIANBAN_VAR=str(tmp_path), LIANBAN_PORT_GRID=port)
    plainly_refused(done, f"port {port} is taken")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("run", "nothing"), "there is no service nothing"),
        (("rebuild", "nothing"), "there is no service nothing"),
        (("republish", "nothing"), "there is no service nothing"),
        (("recover", "nothing"), "there is no service nothing"),
        (("recover", "grid"), "no Kafka answers"),
        (("parked", "ls", "grid"), "grid does not answer"),
        (("token", "--role", "KING", "--agency", "X"), "there is no role KING"),
        (("pack", "check", "nowhere"), "there is no such pack"),
        (("play", "nowhere.yaml"), "nowhere.yaml"),
        (("draw", "verify", "nowhere.json"), "nowhere.json"),
        (("topics", "ls"), "no Kafka answers"),
        (("lag", "--suite", "../x"), "small letters, digits and hyphens"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
    tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    port, silent = free_ports(2)
    (tmp_path / "lianban").mkdir()
    (tmp_path / "lianban" / suite.WHERE).write_text(json.dumps({"grid": silent}), "utf-8")
    url = f"127.0.0.1:{port}"
    done = lianban(*words, LIANBAN_VAR=str(tmp_path), KAFKA_BOOTSTRAP_SERVERS=url)
    assert done.returncode == 2, done.stderr
    assert reason in done.stderr


def a_draw() -> dict[str, Any]:
    candidates = [f"candidate-{n}" for n in range(20)]
    seed = seed_of("chosen in public", "the hash of the day")
    return {
        "plan_no": "2026-1",
        "seed": seed,
        "nonce": "chosen in public",
        "witness": "the hash of the day",
        "algo": ALGORITHM,
        "list_hash": list_hash(candidates),
        "candidates": candidates,
        "count": 3,
        "drawn": list(drawn(seed, candidates, 3)),
    }


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({}, ""),
        ({"drawn": ["candidate-1", "candidate-2", "candidate-3"]}, "order"),
        ({"witness": "another"}, "seed"),
        ({"candidates": ["candidate-1"]}, "list"),
        ({"algo": "DICE"}, "algorithm"),
    ],
)
def test_a_draw_is_drawn_again(tmp_path: Path, changed: dict[str, Any], part: str) -> None:
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(a_draw() | changed), "utf-8")
    done = lianban("draw", "verify", str(file), "--json")
    assert done.returncode == (1 if part else 0), done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert part == "" or not checks[part]
    assert part != "" or all(checks.values())


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "no JSON"), ("{}", "plan_no: Field required"), ("[]", "the whole")]
)
def test_what_is_no_draw_is_told(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "draw.json"
    file.write_text(text, "utf-8")
    plainly_refused(lianban("draw", "verify", str(file)), reason)


def test_a_party_acts_under_the_id_of_its_subject(tmp_path: Path) -> None:
    folder = tmp_path / "lianban"
    MasterKey.from_environment(folder / "master.key", make=lambda: True)
    words = ("token", "--role", "PARTY", "--agency", "PUBLIC", "--party", "91120116XX00000190")
    claims = []
    for _ in range(2):
        done = lianban(*words, LIANBAN_VAR=str(tmp_path))
        claims.append(jwt.decode(done.stdout.strip(), options={"verify_signature": False}))
    assert claims[0]["sub"] == claims[1]["sub"] == str(UUID(claims[0]["sub"]))
    assert "91120116XX00000190" not in str(claims)


class Odd(BaseHTTPRequestHandler):
    """Answers for whatever is parked, with what somebody wrote to break a screen."""

    row: ClassVar[dict[str, Any]] = {
        "id": 1, "matter": None, "reaction": "", "topic": "t", "partition": 0, "subject": "s",
        "position": 0, "why": "UNREADABLE", "attempts": 0, "since": "2026-06-01T00:00:00",
        "due": None, "error": "[/x] [red]", "dead": True,
    }  # fmt: skip

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([self.row]).encode() if "parked" in self.path else b"<html>")

    def log_message(self, *given: Any) -> None:
        """Nothing on the screen."""


def test_what_somebody_wrote_into_a_message_is_shown_as_it_is(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Odd)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    shown = lianban("parked", "ls", "grid", "--url", url, LIANBAN_VAR=str(tmp_path), COLUMNS="200")
    assert (shown.returncode, "[/x] [red]" in shown.stdout) == (0, True), shown.stderr
    plainly_refused(
        lianban("trace", "TR-1", "--url", url, LIANBAN_VAR=str(tmp_path)), "is not oversight"
    )
    plainly_refused(
        lianban("explain", "TR-1", "soon", "--url", url, LIANBAN_VAR=str(tmp_path)), "is no day"
    )
    plainly_refused(lianban("parked", "ls", "--url", url, LIANBAN_VAR=str(tmp_path)), "name it")
    server.shutdown()
    server.server_close()


def test_a_token_is_minted_and_its_key_is_nobody_elses(tmp_path: Path) -> None:
    done = lianban("token", "--role", "OPS", "--agency", "OPS", LIANBAN_VAR=str(tmp_path))
    assert done.stdout.count(".") == 2
    assert (tmp_path / "lianban" / "issuer.pem").stat().st_mode & 0o077 == 0


def test_a_pack_is_checked() -> None:
    done = lianban("pack", "check", "jurisdictions/boston")
    assert (done.returncode, "holds together" in done.stdout) == (0, True)


def test_a_jar_that_is_not_the_pinned_one_is_not_run(tmp_path: Path) -> None:
    pinned = (ROOT / "deploy" / "kafka-jars.sha256").read_text("ascii").splitlines()
    paths = [tmp_path / line.split()[1] for line in pinned]
    for path in paths:
        path.write_bytes(b"something else")
    with pytest.raises(NoBroker, match="not the file that was pinned"):
        require_pinned(paths)
    with pytest.raises(NoBroker, match="not the pinned ones"):
        require_pinned(paths[1:])


@pytest.mark.parametrize(
    "command", [["--help"], ["token", "--role", "HOTLINE_SEAT", "--agency", "WGZX"]]
)
def test_what_says_little_loads_little(command: list[str], tmp_path: Path) -> None:
    """Half a second for a token: what takes as long to import is left to those who need it."""
    script = (
        "import sys\n"
        "from libs.console.main import app\n"
        f"try: app({command!r})\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "heavy = {'sqlalchemy', 'fastapi', 'httpx', 'aiohttp', 'aiokafka', 'faststream'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    environment = {**os.environ, "LIANBAN_VAR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert (told.returncode, told.stderr.strip().splitlines()[-1:]) == (0, ["[]"]), told.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a bound port cannot be listened at")
def test_a_free_port_stays_free_for_who_asked_for_it() -> None:
    ports = free_ports(200)
    assert len(set(ports) | set(free_ports(200))) == 400
    for port in ports:
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(server.getsockname()) as caller,
        ):
            assert caller.getsockname()[1] not in ports


@pytest.mark.parametrize(
    ("words", "environment", "reason"),
    [
        (("lag", "--suite", "nosuch"), {}, "there is no suite nosuch"),
        (("token", "--role", "OPS", "--agency", "OPS", "--suite", "nosuch"), {}, "nosuch"),
        (("rebuild", "grid", "--suite", "nosuch"), {}, "there is no suite nosuch"),
        (("rebuild", "grid"), {"DATABASE_URL_GRID": "nonsense"}, "DATABASE_URL_"),
        (("token", "--role", "OPS", "--agency", "OPS"), {"LIANBAN_VAR": "/proc/x"}, "/proc/x"),
        (("play", "broken.yaml"), {}, "broken.yaml"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], reason: str
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [b\nc: {", "utf-8")
    given = [str(broken) if one == broken.name else one for one in words]
    done = lianban(*given, **{"LIANBAN_VAR": str(tmp_path), **environment})
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert reason in done.stderr
    assert not (tmp_path / "nosuch").exists()


def test_what_a_suite_has_is_nobody_elses(tmp_path: Path) -> None:
    """Two brokers on one log destroy it; a demonstration forgets what is old, and nothing else."""
    for name in ("kafka", "play-1", "play-2"):
        (tmp_path / name).mkdir()
    assert suite.beside(tmp_path) == tmp_path / "kafka"
    with broker.lock(tmp_path / "kafka"), broker.lock(tmp_path / "play-1"):
        with pytest.raises(broker.InUse, match="a suite is up there already"):
            broker.start(tmp_path / "kafka", cache=tmp_path)
        running = suite.running("play-1", var=tmp_path, pack=tmp_path, kafka_url="")
        with pytest.raises(suite.NotStarted, match="a suite is up there already"), running:
            pass
        assert suite.beside(tmp_path) == tmp_path / "kafka-2"
        forget_old(tmp_path)
        assert sorted(one.name for one in tmp_path.iterdir()) == ["kafka", "play-1"]
    assert not broker.in_use(tmp_path / "kafka")


def test_a_suite_whose_broker_has_died_ends(tmp_path: Path) -> None:
    one = suite.Suite("", tmp_path, "", {"grid": 8101})
    with pytest.raises(suite.NotStarted, match="Kafka has ended"):
        one.wait(lambda: False)
    with (tmp_path / "lock").open("ab") as held:
        suite.start(one, {**os.environ, "LIANBAN_PACK": "nowhere"}, held)
    with pytest.raises(suite.NotStarted, match="grid has ended: grid refuses to start"):
        one.wait(lambda: True)
    one.stop()
    assert one.processes["grid"].exitcode == 2


@pytest.mark.whole
def test_services_end_with_whoever_started_them(tmp_path: Path) -> None:
    """However that ends: nobody is there any more to end them."""
    starter = f"""
import os, pathlib, sys, time
from libs.console.forking import started
held = open({str(tmp_path / "in-use")!r}, "ab")
import fcntl; fcntl.flock(held, fcntl.LOCK_EX)
one = started("grid", {{**os.environ, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "LIANBAN_VAR": {str(tmp_path)!r}}}, pathlib.Path({str(tmp_path / "log")!r}), held)
print(one.pid, flush=True)
time.sleep(600)  # it is killed before
"""
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE) as one:
        assert one.stdout is not None
        forked = int(one.stdout.readline())
        assert Path(f"/proc/{forked}").exists()
        one.kill()
    with (tmp_path / "in-use").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
    assert "refuses to start" not in (tmp_path / "log").read_text("utf-8")


def test_a_taken_port_is_given_up_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert free_or_else(taken) != taken
    assert free_or_else(taken) == taken
    assert suite.port_of("exchange", tmp_path) == suite.FIRST_PORT + 1
    assert suite.kafka_of(tmp_path) == "127.0.0.1:9092"
    where = {"exchange": 4711, "kafka": "127.0.0.1:4712"}
    (tmp_path / suite.WHERE).write_text(json.dumps(where), "utf-8")
    assert suite.port_of("exchange", tmp_path) == 4711
    assert suite.kafka_of(tmp_path) == "127.0.0.1:4712"
