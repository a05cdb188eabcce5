"""The run folder: its record, how it is written, and runs that lie elsewhere, looked over before loading."""
