"""Metres between two points on the ground."""

from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> int:
    """Great-circle distance, rounded up: at this size of things a sphere is good enough."""
    half = sin(radians(other_lat - lat) / 2) ** 2
    half += cos(radians(lat)) * cos(radians(other_lat)) * sin(radians(other_lon - lon) / 2) ** 2
    exact = 2 * EARTH_RADIUS_M * asin(sqrt(min(half, 1.0)))
    return int(exact) + (exact > int(exact))
