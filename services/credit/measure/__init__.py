"""A measure: ordered on what stands, applied by an agency, lifted when nothing supports it."""
