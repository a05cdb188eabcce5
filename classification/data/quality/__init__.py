"""The checks behind `classification.quality`."""
