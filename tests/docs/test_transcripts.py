"""What the docs show is what happens: every console block is run and compared.

``INTERLOCK_DOCS=rewrite`` writes what was printed into the pages instead.
"""

import os

import pytest
from tests.docs import transcript
from tests.docs.transcript import ROOT, Place

pytestmark = pytest.mark.slow


def test_pages_are_found() -> None:
    assert "README.md" in transcript.pages()


@pytest.mark.parametrize("page", transcript.pages())
def test_a_page_shows_what_happens(page: str, place: Place) -> None:
    for earlier in transcript.predecessors(page):
        transcript.play(earlier, place)

    text, wrong = transcript.play(page, place)

    if os.environ.get("INTERLOCK_DOCS") == "rewrite":
        (ROOT / page).write_text(text, encoding="utf-8")
    else:
        assert not wrong, "\n".join(wrong)
