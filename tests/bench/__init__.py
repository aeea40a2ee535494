"""Benches: measured side by side in one run, told as ratios. Nothing here is a test."""
