"""The checks behind `classification.data.quality.report`."""
