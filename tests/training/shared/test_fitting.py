from __future__ import annotations

from training.shared.fitting import settings_of
from training.shared.options import StaticArguments


def test_a_record_has_the_options_that_were_set() -> None:
    found = settings_of(StaticArguments(pca_dims=64))
    assert found["pca_dims"] == 64
    assert None not in found.values()
