"""What protects a write is said alike whichever functions of a file were asked about before."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, ORDER, lay, run

_STEPS = 6
_WRITE = 'Order.objects.filter(pk=pk).update(status="paid")'
_HEAD = """
=== shop/work.py
from django.db import transaction
from shop.models import Order

"""


def code(order: Sequence[int]) -> str:
    """Return functions in an order: each writes, and calls the one before; the last opens one."""
    every = [f"def step_0(pk):\n    {_WRITE}\n"]
    every += [f"def step_{n}(pk):\n    {_WRITE}\n    step_{n - 1}(pk)\n" for n in range(1, _STEPS)]
    every += [
        f"def step_{_STEPS}(pk):\n    with transaction.atomic():\n        step_{_STEPS - 1}(pk)\n"
    ]
    return DJANGO + _HEAD + "\n".join(every[it] for it in order)


@pytest.mark.parametrize("order", [range(_STEPS + 1), range(_STEPS, -1, -1), (3, 0, 5, 1, 6, 2, 4)])
def test_callers_that_are_not_too_far_away_protect_a_write(
    tmp_path: Path, order: Sequence[int]
) -> None:
    lay(tmp_path, code(order))
    found = {it.enclosing: it.transaction.value for it in run(tmp_path, ORDER).sites}

    assert found == {"step_0": "no"} | {f"step_{n}": "caller" for n in range(1, _STEPS)}
