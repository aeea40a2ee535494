"""The papers of a dispute: the record of a session, and the agreement.

Both are behind the wall: for the mediator and the parties. Source: 人民调解法 27-29.
"""

from collections.abc import Mapping
from typing import Final

from libs.contracts import mediation as m
from libs.events.core.kernel import Hidden
from libs.statute.rulebook import Rulebook
from libs.suite.documents import Document, Section
from services.mediation.dispute.rules.state import Dispute

ERASED: Final = "（已删除）"
ROLES_ZH: Final = {m.PartyRole.APPLICANT: "申请人", m.PartyRole.RESPONDENT: "被申请人"}
CITED: Final = "依照《中华人民共和国人民调解法》的规定，经调解，双方当事人自愿达成如下协议"


def names_of(dispute: Dispute) -> Mapping[str, str]:
    """What each party is called in a paper, by its id."""
    if isinstance(dispute.parties, Hidden):
        return {}
    return {
        str(one.subject_ref.subject_id): one.name or one.subject_ref.display_name
        for one in dispute.parties
    }


def parties_section(dispute: Dispute) -> Section:
    if isinstance(dispute.parties, Hidden):
        return Section(heading="当事人", lines=(ERASED,))
    lines = []
    for one in dispute.parties:
        name = one.name or one.subject_ref.display_name
        lines.append(f"{ROLES_ZH[one.role]}：{name}")
        if one.guardian is not None:
            lines.append(f"法定代理人：{one.guardian.display_name}")
    return Section(heading="当事人", lines=tuple(lines))


def agreement(rules: Rulebook, dispute: Dispute) -> Document | None:
    reached, signed = dispute.reached, dispute.signed
    if reached is None:
        return None
    names = names_of(dispute)
    lines = []
    for number, item in enumerate(reached.items, 1):
        content = ERASED
        if not isinstance(reached.terms, Hidden):
            terms = reached.terms[number - 1]
            money = "" if terms.amount_fen is None else f"，金额 {yuan(terms.amount_fen)}"
            content = f"{terms.content}{money}"
        debtor = names.get(str(item.obligor), ERASED)
        creditor = names.get(str(item.obligee), ERASED)
        owed = f"{number}. {debtor}向{creditor}：{content}"
        lines.append(f"{owed}；履行期限 {item.due_on.isoformat()}。")
    facts = dispute.received.facts
    return Document(
        title="调解协议书",
        number=str(dispute.received.dispute_no),
        items=(
            parties_section(dispute),
            Section(
                heading="纠纷的主要事实",
                lines=(ERASED if isinstance(facts, Hidden) else facts,),
            ),
            Section(heading="协议内容", lines=(CITED, *lines)),
            Section(
                heading="签署",
                lines=tuple(
                    f"{name}（签名、盖章或者按指印）：__________" for name in names.values()
                ),
            ),
        ),
        agency=rules.names.get(dispute.received.agency_code, dispute.received.agency_code),
        date="" if signed is None else signed.effective_on.isoformat(),
    )


def session_record(
    rules: Rulebook, dispute: Dispute, held: m.SessionHeld, text: str | None
) -> Document:
    """`text` is what lies in the store, where it is a text: else its digest stands for it."""
    names = names_of(dispute)
    came = [names.get(one, one) for one in held.attendance]
    proposals = (ERASED,) if isinstance(held.proposals, Hidden) else held.proposals
    said = text.splitlines() if text is not None else [f"原件 SHA-256：{held.summary_hash}"]
    return Document(
        title="调解笔录",
        number=f"{dispute.received.dispute_no}（{held.session_no}）",
        items=(
            parties_section(dispute),
            Section(heading="参加人", lines=("、".join(map(str, came)),)),
            Section(heading="权利义务告知", lines=("已告知当事人在调解活动中的权利和义务。",)),
            Section(heading="记录", lines=tuple(said)),
            Section(heading="调解方案", lines=proposals or ("无",)),
        ),
        agency=rules.names.get(dispute.received.agency_code, dispute.received.agency_code),
        date=held.on.isoformat(),
    )


def yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100:,}.{amount_fen % 100:02d} 元"
