"""Chains too long to follow: what stands at their end is told right where it is near."""

from pathlib import Path

from tests.scan_projects import DJANGO, lay, places, run

_LONG = 30  # functions, of which each calls the next
_PASSED_ON = 6  # modules that a class is imported through


def test_what_a_class_inherits_is_known_after_it_was_too_far(tmp_path: Path) -> None:
    calls = "".join(f"def f{n}():\n    return f{n + 1}()\n\n\n" for n in range(_LONG))
    writes = "".join(f"    f{n}().status = 'paid'\n" for n in range(_LONG))
    imports = "".join(
        f"=== shop/b{n}.py\nfrom shop.b{n + 1} import Base\n" for n in range(_PASSED_ON)
    )
    text = f"""{DJANGO}
{imports}=== shop/b{_PASSED_ON}.py
from shop.models import Order


class Base:
    def make(self):
        return Order.objects.get()
=== shop/a_chain.py
from shop.b0 import Base


class Maker(Base):
    pass


{calls}
def f{_LONG}():
    return Maker().make()


def far():
{writes}
=== shop/near.py
from shop.a_chain import Maker


def pay():
    made = Maker().make()
    made.status = "paid"  # WRITE
"""
    marked = lay(tmp_path, text)
    assert marked <= places(tmp_path, run(tmp_path).sites)
