"""Oversight: sees everything, and changes nothing of others."""
