"""A handoff: offered, signed, accepted or returned, fed back, closed; overdue, escalated."""
