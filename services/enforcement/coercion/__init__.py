"""A coercive measure: imposed, approved, extended, lifted."""
