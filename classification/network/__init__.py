"""The Hugging Face Hub's client: its address, how long it waits, and its errors as sentences."""
