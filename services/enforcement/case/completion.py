"""What the commands of a case leave open: certificates, powers, families, fines from elsewhere.

It is asked under the lock, after all that came before, so what is found holds until it is decided.
The questions are other files', and come from `main`; their answers have these shapes.
"""

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from libs.contracts.enforcement import PenaltyKind
from libs.events.core.kernel import Hidden
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.known import Certificate, OtherFine, Power, Signed
from services.enforcement.case.commands.preparing import CaseCommand, DecidePenalty, OpenCase
from services.enforcement.case.projection.register import find_fine
from services.enforcement.case.rules.state import AnyCase, Case
from services.enforcement.known import Known, ReadKnown


class Completing:
    """Fills in what a command has a field for, and no more."""

    def __init__(self, rules: Rulebook, read_known: ReadKnown) -> None:
        self._rules = rules
        self._known = read_known

    def __call__(self, tx: Connection, command: CaseCommand, case: AnyCase) -> CaseCommand:
        if isinstance(command, OpenCase):
            family = self._known(tx).family(command.agency_code)
            return replace(command, family=family)
        if not isinstance(case, Case):
            return command
        names = {one.name for one in fields(command)}
        filled: dict[str, Any] = {}
        known, on = self._known(tx), self._rules.day(moment_of(command))
        if "signed" in names:
            filled["signed"] = self.signed(known, vars(command)["signed"], on)
        if "power" in names:
            filled["power"] = self.power(known, case, on)
        if "family" in names:
            filled["family"] = known.family(case.filed.agency_code)
        if isinstance(command, DecidePenalty):
            filled["other_fine"] = self.other_fine(tx, command, case)
        completed: CaseCommand = replace(command, **filled)
        return completed

    def signed(self, known: Known, signed: Signed, on: date) -> Signed:
        """Each once, with the certificate that is known of them."""
        found = []
        for officer_id in dict.fromkeys(signed.officers):
            row = known.officers.get(officer_id)
            if row is None:
                found.append(Certificate(officer_id=officer_id))
                continue
            found.append(
                Certificate(
                    officer_id=officer_id,
                    certificate_no=row.certificate_no,
                    agency_code=row.agency_code,
                    in_force=on <= row.valid_until,
                )
            )
        return replace(signed, certificates=tuple(found))

    def power(self, known: Known, case: Case, on: date) -> Power:
        item = known.items.get(case.filed.power_item_code)
        agency = known.agencies.get(case.filed.agency_code)
        if item is None or agency is None:
            return Power()
        place = case.filed.location
        inside = not isinstance(place, Hidden) and self._rules.within(
            place.cell_code or "", agency.territory
        )
        local = inside and agency.is_street
        owned = item.owned_by(case.filed.agency_code, on, local=local)
        return Power(owned=owned, hearing_hint=item.hearing_hint)

    def other_fine(self, tx: Connection, command: DecidePenalty, case: Case) -> OtherFine | None:
        """Whether the same act was fined already, in another case: asked of a fine only."""
        filed = case.filed
        fines = any(one.kind is PenaltyKind.FINE for one in command.penalties)
        hidden = isinstance(filed.location, Hidden) or isinstance(filed.subjects, Hidden)
        if not fines or hidden:
            return None
        assert not isinstance(filed.location, Hidden)
        assert not isinstance(filed.subjects, Hidden)
        subjects = [str(one.subject_id) for one in filed.subjects]
        last = filed.act_end_date or filed.act_date
        cell = filed.location.cell_code
        if cell is None:
            return None
        found = find_fine(tx, subjects, cell, filed.act_date, last, str(filed.case_id))
        if found is None:
            return None
        return OtherFine(decision_no=found.decision_no, agency_code=found.agency_code)


def moment_of(command: CaseCommand) -> datetime:
    at: datetime = vars(command)["at"]  # every command on an open case has one
    return at
