"""Mediation: disputes, petitions, screenings, and the wall around what is said."""
