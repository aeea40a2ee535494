"""Mediation: quarrels settled without a decision from above, and petitions, and where they go."""
