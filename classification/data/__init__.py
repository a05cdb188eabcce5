"""What `classification.dataset` and `classification.quality` stand on: rows, how they are read, split and checked."""
