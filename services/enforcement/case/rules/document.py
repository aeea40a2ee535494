"""A penalty decision as a document: its six items, and the masked copy that everybody may read.

Source: 行政处罚法 48, 59; 市场监督管理行政处罚信息公示规定 6; docs/domain/privacy.md.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from libs.contracts.enforcement import Party, Penalty, PenaltyDecided, PenaltyKind
from libs.contracts.vocabulary import SubjectKind, SubjectRef
from libs.events.core.kernel import Hidden, Record

ERASED: Final = "（已删除）"
PENALTIES_ZH: Final = {
    PenaltyKind.WARNING: "警告",
    PenaltyKind.CRITICISM: "通报批评",
    PenaltyKind.FINE: "罚款",
    PenaltyKind.CONFISCATE_GAIN: "没收违法所得",
    PenaltyKind.CONFISCATE_GOODS: "没收非法财物",
    PenaltyKind.SUSPEND_LICENCE: "暂扣许可证件",
    PenaltyKind.DOWNGRADE: "降低资质等级",
    PenaltyKind.REVOKE_LICENCE: "吊销许可证件",
    PenaltyKind.RESTRICT_BUSINESS: "限制开展生产经营活动",
    PenaltyKind.ORDER_STOP_BUSINESS: "责令停产停业",
    PenaltyKind.ORDER_CLOSE: "责令关闭",
    PenaltyKind.RESTRICT_OCCUPATION: "限制从业",
    PenaltyKind.DETENTION: "行政拘留",
    PenaltyKind.OTHER: "其他",
}
COMPOUND: Final = frozenset(
    {
        "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人",
        "夏侯", "诸葛", "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶",
        "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于",
        "司空", "闾丘", "子车", "亓官", "司寇", "巫马", "公西", "令狐",
    }
)  # fmt: skip
# What identifies somebody inside a free text, however it is spaced: identity numbers and accounts,
# phones, plates, passports.
D: Final = "[0-9\uff10-\uff19]"
GAP: Final = r"[\s\-\u00b7.\uff0d]?"
TELLING: Final = (
    re.compile(rf"(?<!{D}){D}(?:{GAP}{D}){{14,18}}(?:{GAP}[Xx\uff38\uff58])?(?!{D})"),
    re.compile(rf"(?<!{D})[1\uff11]{GAP}[3-9\uff13-\uff19](?:{GAP}{D}){{9}}(?!{D})"),
    re.compile(rf"(?<!{D})[0\uff10]{D}{{2,3}}{GAP}{D}{{7,8}}(?!{D})"),
    re.compile(rf"[\u4e00-\u9fa5][A-HJ-NP-Z]{GAP}[A-HJ-NP-Z0-9]{{5,6}}(?![A-Z0-9])"),
    re.compile(rf"(?<![A-Za-z])[DEGHPSdeghps]{D}{{8}}(?!{D})"),
)


class Item(Record):
    """One of the items of the document, under its heading."""

    heading: str
    lines: tuple[str, ...]


class Written(Record):
    """The document: title, number, items in order, and who signs it when."""

    title: str
    decision_no: str
    items: tuple[Item, ...]
    agency: str
    date: str
    seal_hash: str

    @property
    def text(self) -> str:
        """One way to write it down, line by line: what its digest is of."""
        lines = [self.title, self.decision_no]
        for item in self.items:
            lines += [item.heading, *item.lines]
        return "\n".join([*lines, self.agency, self.date, ""])

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()


def yuan(amount_fen: int) -> str:
    """Fen as people write them: 213334.40 元, with separators."""
    return f"{amount_fen // 100:,}.{amount_fen % 100:02d} 元"


def mask_name(name: str) -> str:
    """Surname and 某: 欧阳某, 张某某 by the length of the given name."""
    surname = name[:2] if name[:2] in COMPOUND and len(name) > 2 else name[:1]
    return surname + "某" * max(min(len(name) - len(surname), 2), 1)


def mask_text(text: str, parties: Sequence[Party], persons: frozenset[str]) -> str:
    """Without the names of persons, without addresses of theirs, without numbers that tell who."""
    for party in parties:
        if str(party.subject_id) in persons:
            if party.name:
                text = text.replace(party.name, mask_name(party.name))
            if party.address:
                text = text.replace(party.address, "（地址略）")
    for telling in TELLING:
        text = telling.sub("＊＊＊", text)
    return text


def written(decision: PenaltyDecided, names: Mapping[str, str], *, masked: bool = False) -> Written:
    """The document of a decision. What was erased is said to be; `names` are the agencies'."""
    persons = persons_of(decision.subjects)
    parties = () if isinstance(decision.parties, Hidden) else decision.parties
    agency = names.get(decision.agency_code, decision.agency_code)

    def shown(text: str) -> str:
        return mask_text(text, parties, persons) if masked else text

    if decision.document is None or isinstance(decision.document, Hidden):
        facts = performance = remedies = ERASED
        seal = ""
    else:
        facts, performance = decision.document.facts, decision.document.performance
        remedies, seal = decision.document.remedies, decision.document.seal_hash
    basis = "；".join(f"《{one.law}》第{one.article}条" for one in decision.legal_basis)
    return Written(
        title="行政处罚决定书",
        decision_no=decision.decision_no,
        items=(
            Item(heading="当事人", lines=party_lines(parties, persons, masked=masked)),
            Item(heading="违法事实和证据", lines=(shown(facts),)),
            Item(
                heading="处罚的种类和依据",
                lines=(basis, *(shown(penalty_line(one)) for one in decision.penalties)),
            ),
            Item(heading="履行方式和期限", lines=(shown(performance),)),
            Item(heading="救济途径和期限", lines=(shown(remedies),)),
        ),
        agency=agency,
        date=f"{decision.decided_on:%Y年%m月%d日}",
        seal_hash=seal,
    )


def persons_of(subjects: Sequence[SubjectRef] | Hidden) -> frozenset[str]:
    if isinstance(subjects, Hidden):
        return frozenset()
    return frozenset(str(one.subject_id) for one in subjects if one.kind is SubjectKind.PERSON)


def party_lines(
    parties: Sequence[Party], persons: frozenset[str], *, masked: bool
) -> tuple[str, ...]:
    if not parties:
        return (ERASED,)
    lines = []
    for party in parties:
        if masked and str(party.subject_id) in persons:
            lines.append(mask_name(party.name))
            continue
        code = f"（{party.credit_code}）" if party.credit_code else ""
        address = "" if masked else f"，{party.address}" if party.address else ""
        lines.append(f"{party.name}{code}{address}")
    return tuple(lines)


def penalty_line(penalty: Penalty) -> str:
    amount = f" {yuan(penalty.amount_fen)}" if penalty.amount_fen is not None else ""
    detail = f"：{penalty.detail}" if penalty.detail else ""
    return f"{PENALTIES_ZH[penalty.kind]}{amount}{detail}"
