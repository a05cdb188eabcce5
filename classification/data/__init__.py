"""Labelled rows: what their labels mean, how they are read, split and checked."""
