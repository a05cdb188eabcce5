"""What hf_xet says of a failed transfer, as one sentence."""

from __future__ import annotations

from classification.network.hub_errors import explain


def test_a_full_disk_and_a_silent_hub_are_told_apart_in_what_hf_xet_says() -> None:
    assert "the disk is full" in str(explain(RuntimeError("Data processing error: No space left on device (os error)")))
    assert "the Hub gave no answer" in str(explain(RuntimeError("CAS Client Error: operation timed out")))
    assert "was cut off; run" in str(explain(RuntimeError("CAS Client Error: x")))
    assert "was cut off, or the Hub gave no answer for 120" in str(explain(RuntimeError("CAS Client Error: x"), 400))
