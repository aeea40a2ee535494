"""A case: filed, investigated, decided, served, executed, closed; and what remedies do to it."""
