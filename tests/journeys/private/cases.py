"""Of S1 and S3: forgotten, every page of the case still stands."""

from collections.abc import Mapping, Sequence
from typing import Final

from libs.console.client import open_client
from libs.console.play import Played
from libs.console.suite import Suite

# What each story says of people; not what its decision publishes, masked, for everybody to read.
SECRETS: Final = {
    "s1.yaml": [
        "a hall is being built on the field behind the village",
        "a hall on cultivated land, 3.2 mu by first measurement",
        "the field behind the village",
        "survey of 3.2 mu of cultivated land",
        "the hall is gone and the field restored",
        "they have been told to stop",
        "小王庄镇一号",
    ],
    "s3.yaml": [
        "the stall's sausages taste of chemicals",
        "40 kg of sausages smell of a banned substance",
        "120199199001010194",
        "虚构摊主",
        "泰达街一号",
        "laboratory report, a banned substance",
        "the goods were destroyed and the stall was fined",
    ],
}
OPS: Final = ("ops", "OPS", "OPS")
PAGE: Final = "the decision as a page"


async def pages(suite: Suite, played: Played, name: str) -> dict[str, bytes]:
    """Every page that shows something of the case, by its address: each answers."""
    streams = played.streams
    agency = "GZJ" if name == "s1.yaml" else "SCJ"
    handler = ("handler", "AGENCY_HANDLER", "ST-120116157" if agency == "GZJ" else "SCJ")
    officer = ("officer-GZJ-09" if agency == "GZJ" else "officer-SCJ-05", "OFFICER", agency)
    number = f"津滨{'规' if agency == 'GZJ' else '市监'}罚〔2026〕1号"
    case = f"/cases/{streams['C1']}"
    asked = [
        ("enforcement", case, officer),
        ("enforcement", f"{case}/clocks", officer),
        ("enforcement", f"{case}/ledger", officer),
        ("enforcement", f"{case}/decision", officer),
        ("enforcement", f"{case}/decision?as=pdf", officer),
        ("enforcement", f"{case}/decision/masked", officer),
        ("enforcement", f"/leads/{streams['L1']}", officer),
        ("enforcement", "/cases", officer),
        ("enforcement", f"/decisions/{number}", officer),
        ("enforcement", "/decisions", officer),
        ("grid", f"/reports/{streams['R1']}", OPS),
        ("grid", "/reports", ("dispatcher-1", "GRID_DISPATCHER", "WGZX")),
        ("exchange", f"/handoffs/{streams['H1']}", handler),
    ]
    client = open_client(suite)
    found = {}
    try:
        for service, path, who in asked:
            url = f"{suite.url(service)}{path}"
            answer = await client.http.get(url, headers=client.headers(*who))
            assert answer.status_code == 200, (path, answer.text)
            found[path] = answer.content
        browser = client.headers(*officer) | {"accept": "text/html"}
        url = f"{suite.url('enforcement')}/decisions/{number}"
        answer = await client.http.get(url, headers=browser)
        assert answer.status_code == 200
        found[PAGE] = answer.content
    finally:
        await client.http.aclose()
    return found


def forgotten(before: Mapping[str, bytes], played: Played) -> Sequence[tuple[str, str]]:
    return [("--matter", played.heard[0].matter)]


def require_kept(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    assert before.keys() == after.keys()
    assert "内容已依法删除" in after[PAGE].decode()
