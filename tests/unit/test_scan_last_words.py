"""Rows of which nothing is known but that they are called by the last word of their class."""

from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.site import Target

MODELS = """
=== store/__init__.py
=== store/models.py
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import DeclarativeBase
from store.interfaces import IReturnNotice
from zope.interface import implementer

class Base(DeclarativeBase):
    pass

@implementer(IReturnNotice)
class ReturnNotice(Base):
    __tablename__ = "notices"
    id = Column(Integer, primary_key=True)
    status = Column(String)
"""
TARGET = Target(("status",), model="ReturnNotice")


@pytest.mark.parametrize(
    ("beside", "is_told"),
    [
        pytest.param("", True, id="the only one"),
        pytest.param("class Notice:\n    title = ''\n", True, id="another without it"),
        pytest.param("class IReturnNotice:\n    status = 1\n", True, id="its interface"),
        pytest.param("class SlowNotice:\n    status = 1\n", False, id="another with it"),
        pytest.param(
            "class Told:\n    status = 1\nclass PaidNotice(Told):\n    pass\n",
            False,
            id="another that inherits it",
        ),
    ],
)
def test_the_last_word_of_the_only_class(tmp_path: Path, beside: str, is_told: bool) -> None:
    mark = "  # WRITE" if is_told else ""
    work = f"""
=== store/work.py
from store.models import ReturnNotice

def close(notice, it):
    notice.status = "x"{mark}
    it.status = "x"
=== store/interfaces.py
{beside}"""
    sites_of(tmp_path, MODELS + work, TARGET)


def test_not_where_the_module_does_not_know_the_class(tmp_path: Path) -> None:
    work = '\n=== store/work.py\ndef close(notice):\n    notice.status = "x"\n'
    sites_of(tmp_path, MODELS + work, TARGET)


def test_not_by_a_word_of_every_framework(tmp_path: Path) -> None:
    work = """
=== store/work.py
from store.models import ReturnResponse

def close(response):
    response.status = "x"
"""
    models = MODELS.replace("Notice", "Response")
    sites_of(tmp_path, models + work, Target(("status",), model="ReturnResponse"))
