"""Of S2 and S4: when a matter is forgotten, its dispute stands as a fact without a name, no paper
says one."""

from collections.abc import Mapping, Sequence
from typing import Final

from libs.console.client import open_client
from libs.console.play import Played
from libs.console.suite import PARTY, Suite

SECRETS: Final = {
    "s2.yaml": [
        "120199199001010135",
        "虚构工人",
        "虚构负责人",
        "twelve of us have not been paid for months",
        "twelve workers unpaid for two to four months; they want it settled before the holiday",
        "the firm does not pay now",
        "half now and half in March",
        "the employer refuses to pay now",
        "wages of a migrant worker",
        "a lawyer of the duty list",
        "twelve bank slips",
        "all twelve have their money",
    ],
    "s4.yaml": [
        "120199198503150117",
        "120199198807120128",
        "虚构楼下",
        "虚构楼上",
        "the neighbour above plays the accordion at night",
        "persuasion has failed, they want it settled",
        "both were talked to on the stairs",
        "the room of the community",
        "each says what disturbs them",
        "a carpet for an hour of quiet",
        "they find a way",
        "no instruments from 22:00 to 06:00",
        "the signed agreement",
        "both sleep",
    ],
}
# Who mediates in each, and who has applied.
INSIDE: Final = {
    "s2.yaml": (("mediator-1", "MEDIATOR", "ZFW"), "120199199001010135"),
    "s4.yaml": (("mediator-2", "MEDIATOR", "ST-120116005"), "120199198503150117"),
}


async def pages(suite: Suite, played: Played, name: str) -> dict[str, bytes]:
    """Whatever may be read of it inside, and in the register."""
    client = open_client(suite)
    mediator, number = INSIDE[name]
    party = (suite.actor(f"{PARTY}{number}"), "PARTY", "PUBLIC")
    dispute = f"/disputes/{played.streams['D1']}"
    asked = [
        (dispute, mediator), (f"{dispute}/sessions/1", mediator),
        (f"{dispute}/agreement", mediator),
        (dispute, party), ("/me/disputes", party), ("/desk", mediator),
        (f"/outcomes/{played.streams['D1']}", ("s", "SUPERVISOR", "SFJ")),
    ]  # fmt: skip
    try:
        return {
            f"{path} {who[1]}": (
                await client.http.get(
                    f"{suite.url('mediation')}{path}", headers=client.headers(*who)
                )
            ).text.encode()
            for path, who in asked
        }
    finally:
        await client.http.aclose()


def forgotten(before: Mapping[str, bytes], played: Played) -> Sequence[tuple[str, str]]:
    return [("--matter", played.heard[0].matter)]


def require_kept(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    (dispute,) = [one for one in after if one.startswith("/disputes/") and one.count("/") == 2
                  and one.endswith("MEDIATOR")]  # fmt: skip
    assert b"dispute_no" in after[dispute]
