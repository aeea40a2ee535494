"""Of S5 to S7: when a matter is forgotten, its records stand as facts without a name, and its sums
still sum."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from libs.console.client import open_client
from libs.console.play import Played
from libs.console.suite import Suite

# What each story says of people, beside what is shown to everybody.
SECRETS: Final = {
    "s5a.yaml": [
        "占道期间设置围挡",
        "到期恢复路面",
        "the road is fenced off and will be restored",
    ],
    "s5b.yaml": [
        "占道超出许可长度一倍且未设围挡，逾期未改正",
        "there is no fence, and twice the permitted length is occupied",
    ],
    "s6.yaml": [
        "a lorry has dumped spoil beside the road",
        "eight cubic metres of building waste",
        "申请人因随意倾倒建筑垃圾受到行政处罚",
        "inspected twice as often from now on",
        "新港路二号",
    ],
    "s7.yaml": [
        "fifteen workers have not been paid for three months, 340 000 yuan",
        "拖欠十五名工人工资三十四万元，责令限期支付逾期未付",
        "今后按月足额支付工资",
        "工资已付清，承诺已公开",
        "no licence of the enterprise is at stake",
        "工地三号",
    ],
}
OFFICER: Final = ("credit-1", "CREDIT_OFFICER", "FGW")
SHEET: Final = "the sheet of the subject"


async def pages(suite: Suite, played: Played, name: str) -> dict[str, bytes]:
    client = open_client(suite)
    try:
        path = f"/subjects/{played.streams['SB1']}"
        return {SHEET: json.dumps(await client.get("credit", path, OFFICER)).encode()}
    finally:
        await client.http.aclose()


def forgotten(before: Mapping[str, bytes], played: Played) -> Sequence[tuple[str, str]]:
    """A promise that was kept leaves a licence, and no record."""
    sheet = json.loads(before[SHEET])
    matter = (sheet["records"] or sheet["approvals"])[-1]["correlation_id"]
    return [("--matter", matter), ("--person", played.streams["SB1"])]


def require_kept(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    first, now = json.loads(before[SHEET]), json.loads(after[SHEET])
    assert (first["registered_name"] is None, now["registered_name"]) == (False, None)
    for name in ("score", "grade", "explanation"):
        assert now[name] == first[name]
    assert sum(one["points"] for one in now["explanation"]) == now["score"]
    assert [one["record_id"] for one in now["records"]] == [
        one["record_id"] for one in first["records"]
    ]
