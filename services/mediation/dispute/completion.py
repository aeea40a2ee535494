"""What the commands of a dispute leave open: whom a handoff can go to, what was petitioned for.

It is asked under the lock; the questions are other files', and come from `main`.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from libs.contracts import vocabulary as v
from libs.statute.rulebook import Rulebook
from services.mediation.dispute import commands as c
from services.mediation.dispute.projection import find_dispute
from services.mediation.dispute.rules.state import AnyDispute
from services.mediation.known import IsOpen, ReadReceivers

# How many petitions there are in a matter.
CountPetitions = Callable[[Connection, str], int]


class Completing:
    def __init__(
        self, rules: Rulebook, receivers: ReadReceivers, is_open: IsOpen, petitions: CountPetitions
    ) -> None:
        self._rules = rules
        self._receivers = receivers
        self._is_open = is_open
        self._petitions = petitions

    def receipt(
        self, tx: Connection, command: c.ReceiveDispute, dispute: AnyDispute
    ) -> c.ReceiveDispute:
        open_ = command.matter is not None and self._is_open(
            tx, command.matter, command.agency_code
        )
        return replace(command, matter_open=open_)

    def diversion(
        self, tx: Connection, command: c.DivertDispute, dispute: AnyDispute
    ) -> c.DivertDispute:
        on = self._rules.day(command.at)
        known = self._receivers(tx).take(command.to_agency, v.Kind.LEAD, on)
        return replace(command, receiver_known=known)

    def call(
        self, tx: Connection, command: c.ConveneJointMediation, dispute: AnyDispute
    ) -> c.ConveneJointMediation:
        receivers, on = self._receivers(tx), self._rules.day(command.at)
        active = [one for one in command.units if receivers.take(one, v.Kind.JOINT, on)]
        return replace(command, active=frozenset(active))

    def application(
        self, tx: Connection, command: c.ApplyJudicialConfirmation, dispute: AnyDispute
    ) -> c.ApplyJudicialConfirmation:
        on = self._rules.day(command.at)
        competent = self._receivers(tx).take(command.court, v.Kind.CONFIRM, on)
        return replace(command, competent=competent)

    def referral(
        self, tx: Connection, command: c.ReferLegalAid, dispute: AnyDispute
    ) -> c.ReferLegalAid:
        on = self._rules.day(command.at)
        centre = self._receivers(tx).take(command.aid_centre, v.Kind.LEGAL_AID, on)
        return replace(command, centre=centre)

    def listing(
        self, tx: Connection, command: c.ListForSupervision, dispute: AnyDispute
    ) -> c.ListForSupervision:
        row = find_dispute(tx, command.dispute_id)
        count = 0 if row is None else self._petitions(tx, row.correlation_id)
        return replace(command, petitions=count)
