"""Two processes equal one on the joined batch: the checks of distributed_checks.py, one test each."""

from __future__ import annotations

import pytest

from tests.methods.distributed_checks import CHECKS


@pytest.mark.distributed
@pytest.mark.parametrize("check", CHECKS)
def test_two_processes(check: str, two_processes: dict[str, str]) -> None:
    assert not two_processes[check], two_processes[check]
