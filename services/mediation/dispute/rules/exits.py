"""The ways that are open when mediation has not led to an agreement that holds (M7).

Source: 人民调解法 26, 32, 33; 劳动争议调解仲裁法 16, 27; 民事诉讼法 250; 公安程序规定 185.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from libs.contracts import mediation as m
from libs.statute.rulebook import Rulebook
from services.mediation.dispute.rules.state import Dispute

# Until when a way is open, where that counts from a day that is known here.
TERMS: Final = {
    m.Exit.ARBITRATION: "MED.EXIT.ARBITRATION",
    m.Exit.COURT_ENFORCEMENT: "MED.EXIT.ENFORCE",
    m.Exit.RECONSIDERATION: "RECON.APPLY",
    m.Exit.ADMINISTRATIVE_SUIT: "LIT.DIRECT",
}
LABOUR: Final = (m.Exit.ARBITRATION, m.Exit.PAYMENT_ORDER, m.Exit.LABOUR_COMPLAINT)


def due_ways(dispute: Dispute) -> tuple[m.Exit, ...]:
    """Those that must be told, whatever the mediator adds."""
    triaged, breached = dispute.triaged, dispute.breached
    if breached is not None and breached.confirmed:
        ways: tuple[m.Exit, ...] = (m.Exit.COURT_ENFORCEMENT,)
    elif triaged is not None and triaged.type is m.MediationType.LABOUR:
        ways = LABOUR
    else:
        ways = (m.Exit.CIVIL_SUIT,)
    police = triaged is not None and triaged.type is m.MediationType.POLICE
    if breached is not None and (police or breached.to_agency is not None):
        ways = (*ways, m.Exit.POLICE if police else m.Exit.ENFORCEMENT_REPORT)
    return ways


def ways(
    rules: Rulebook, named: Iterable[m.Exit], dispute: Dispute, today: date
) -> tuple[m.ExitPath, ...]:
    """Each once, with its last day."""
    return tuple(way(rules, one, dispute, today) for one in dict.fromkeys(named))


def way(rules: Rulebook, path: m.Exit, dispute: Dispute, today: date) -> m.ExitPath:
    code = TERMS.get(path)
    if code is None:
        return m.ExitPath(path=path)
    start = today
    breached = dispute.breached
    if path is m.Exit.COURT_ENFORCEMENT and breached is not None and dispute.reached is not None:
        start = next(one.due_on for one in dispute.reached.items if one.item_id == breached.item_id)
    return m.ExitPath(path=path, until=rules.last_day(code, start), rule_code=code)
