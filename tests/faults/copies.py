"""Story S6 told many times in one suite of real processes, each of a firm of its own, up to the
moment in which its decision falls."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from libs.console.client import INSTANT, Client
from libs.console.play import Told, masked, matches, named
from libs.console.scenario import FOUND, Expected, Scenario, Step
from libs.events.store.tables import events
from tests.conftest import PACK, ROOT
from tests.faults.agreeing import rows
from tests.faults.cluster import Cluster
from tests.numbers import firm

STORY: Final = ROOT / "demo" / "scenarios" / "s6.yaml"
FIRM: Final = "91120116XX0000027T"
FALLS: Final = "RECON_DECIDED"
# The number of the first copy's firm, behind those of all stories; and of its other documents.
FIRST: Final = 200


def scenario(folder: Path, copy: int) -> Scenario:
    """With numbers of its own: of the firm, of the decision and of the other documents."""
    text = STORY.read_text("utf-8")
    for said, instead in {
        FIRM: firm(FIRST + copy),
        "津滨城罚〔2026〕1号": f"津滨城罚〔2026〕{copy}号",
        "津滨市监罚〔2025〕9号": f"津滨市监罚〔2025〕{FIRST + copy}号",
        "津滨复〔2026〕31号": f"津滨复〔2026〕{FIRST + copy}号",
        "BANK-6": f"BANK-6-{copy}",
        "-8777-000000000006": f"-8777-{copy:012}",
        "-8888-000000000006": f"-8888-{copy:012}",
        "lat: 39.0620": f"lat: {39.0620 + copy / 100_000:.5f}",
    }.items():
        assert said in text, said
        text = text.replace(said, instead)
    file = folder / f"s6-{copy}.yaml"
    file.write_text(text, "utf-8")
    return Scenario.read(file, PACK)


@dataclass
class Copy:
    """One telling: what its streams are called, and which matters are its own."""

    number: int
    story: Scenario
    found: dict[str, str] = field(default_factory=dict)
    matters: set[str] = field(default_factory=set)
    taken: list[Step] = field(default_factory=list)

    @property
    def decision_no(self) -> str:
        return f"津滨城罚〔2026〕{self.number}号"

    def named(self, value: Any) -> Any:
        return named(value, self.found)

    def streams(self) -> dict[str, str]:
        """Each stream by its name in the story."""
        return {self.named(one): name for name, one in self.story.streams.items()}

    async def take(self, client: Client, step: Step) -> None:
        """Raises `AssertionError` where the answer is another than the story says."""
        assert step.do is not None
        assert step.who is not None
        given = await masked(client, self.named(step.given), step.who)
        answer = await client.ask(step.do, given, step.who, signed=step.signed, head=step.head)
        rule = None if answer.is_success else answer.json().get("rule", answer.text)
        assert rule == step.refused, (self.number, step.number, step.do, answer.text)
        if answer.is_success and "correlation_id" in answer.json():
            self.matters.add(answer.json()["correlation_id"])

    def learn(self, told: "Facts") -> None:
        """The ids of streams that reactions have named in what is told of its own matters."""
        ours = [one for matter in self.matters for one in told.by_matter.get(matter, ())]
        known = {one.partition("/")[2] for one in self.streams()}
        for step in self.taken:
            for expected in step.expect:
                if expected.stream is None or FOUND not in expected.stream:
                    continue
                name = expected.stream.partition("/")[2]
                if name not in self.found:
                    self._find(name, expected, ours, known)

    def _find(self, name: str, expected: Expected, ours: Sequence[Told], known: set[str]) -> None:
        wanted = Expected(expected.type, expected.stream, self.named(expected.fields))
        for one in ours:
            key = one.subject.partition("/")[2]
            if key not in known and matches(wanted, one):
                self.found[name] = key
                known.add(key)
                return


@dataclass
class Facts:
    """What the services of a suite have recorded since, by matter and by stream."""

    cluster: Cluster
    read: dict[str, int] = field(default_factory=dict)
    by_matter: dict[str, list[Told]] = field(default_factory=dict)
    by_stream: dict[str, list[Told]] = field(default_factory=dict)

    def more(self) -> None:
        for service in self.cluster.services:
            after = events.c.position > self.read.get(service, 0)
            query = select(events).where(after).order_by(events.c.position)
            for row in rows(self.cluster.databases[service], query):
                one = Told(
                    row.type, row.subject, row.occurred or row.time, json.loads(row.data), row.actor
                )
                self.by_matter.setdefault(row.correlation_id, []).append(one)
                self.by_stream.setdefault(row.subject, []).append(one)
                self.read[service] = row.position


async def told_until_it_falls(
    cluster: Cluster, client: Client, count: int
) -> tuple[Sequence[Copy], Facts]:
    """So many decisions stand; the clock is where they fall."""
    copies = [Copy(n, scenario(cluster.folder, n)) for n in range(1, count + 1)]
    facts = Facts(cluster)
    for place, step in enumerate(copies[0].story.steps):
        await client.move(step.at if step.do else step.at + INSTANT)
        facts.more()
        for copy in copies:
            copy.learn(facts)
        if FALLS in str(step.given):
            return copies, facts
        for copy in copies:
            ours = copy.story.steps[place]
            if ours.do is not None:
                await copy.take(client, ours)
            copy.taken.append(ours)
        await client.quiet()
    raise AssertionError(f"no step of {STORY.name} says {FALLS}")


def falling(copy: Copy) -> Step:
    return copy.story.steps[len(copy.taken)]
