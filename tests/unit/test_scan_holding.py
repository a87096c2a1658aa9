"""Which files hold a word, told without looking through all of them where that can be."""

import pytest

from pginterlock.scan.facts import facts_of
from pginterlock.scan.project import Project

TEXTS = {
    "a.py": b"def pay(order):\n    pay_all(order)\n",
    "b.py": b"async def pay():\n    return queue_table\n",
    "c.py": b"class Pay:\n    def pay (self): ...\n    def repay(self): ...\n",
    "d.py": b"queue_table_log = '''\ndef pay(now) is written here'''\n",
    "e.py": "d\u00e9f = 1\ndef z\u00e9ro():\n    pay()\n".encode(),
}
WORDS = [
    "def pay(",
    "def repay(",
    "def none(",
    "def z\u00e9ro(",
    "table",
    "queue_table_log",
    "table_l",
]


@pytest.mark.parametrize("before", ["", "table", "queue_table", "def pay("])
@pytest.mark.parametrize("word", WORDS)
def test_the_files_are_those_whose_text_holds_the_word(word: str, before: str) -> None:
    project = Project(TEXTS, lambda path: facts_of(TEXTS[path]))
    if before:
        project.holding(before)
    assert project.holding(word) == [it for it, raw in TEXTS.items() if word.encode() in raw]
    assert project.words[word] == project.holding(word)


def test_what_is_defined_is_looked_for_where_something_of_that_name_is_called() -> None:
    read: list[str] = []

    class Counted(dict[str, bytes]):
        def __getitem__(self, path: str) -> bytes:
            read.append(path)
            return super().__getitem__(path)

    project = Project(Counted(TEXTS), lambda path: facts_of(TEXTS[path]))
    assert project.holding("def repay(") == ["c.py"]
    assert project.holding("def none(") == []
    assert read == ["c.py"]
