"""`interlock scan` in CI: --baseline, --fail-on and comments, on code that is read as it is."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pginterlock.commands import interlock

SPEC = """\
interlock: 1
machines:
  order:
    table: shop_order
    state: status
    initial: [NEW]
    transitions: {pay: {from: NEW, to: PAID}, send: {from: PAID, to: SENT}}
    stamps:
      paid_at: PAID
      sent_at: {state: SENT, fill: never}
    services: [services.py]
"""
MODELS = """\
from django.db import models


class Order(models.Model):
    status = models.TextField()
    paid_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "shop_order"
"""
# In a service, in a transaction, with its stamp: nothing is found here.
GOOD = """\
from django.db import transaction
from models import Order


@transaction.atomic
def pay(pk):
    order = Order.objects.select_for_update().get(pk=pk)
    order.status = "PAID"
    order.save()
"""
VIEW = """\
from models import Order


def pay(pk):
    order = Order.objects.get(pk=pk)
    order.status = "PAID"
    order.save()
"""
# What is added to the service, and the word for what is then found.
FOUND = {
    "never-allowed": '    order.status = "LOST"\n    order.save()\n',
    "stamp-without-state": "    order.paid_at = now()\n    order.save()\n",
    "missing-stamp": '    order.status = "SENT"\n    order.save()\n',
    "unprotected": "\n\ndef again(pk):\n    Order.objects.filter(pk=pk).update(status='PAID')\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a service in which nothing is found."""
    (tmp_path / "interlock.yaml").write_text(SPEC)
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "services.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scan(*arguments: str) -> Result:
    result = CliRunner().invoke(interlock, ["scan", ".", "--no-cache", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def codes(*words: str) -> list[int]:
    return [scan("--fail-on", word).exit_code for word in words]


def test_nothing_fails_where_nothing_is_found(folder: Path) -> None:
    del folder
    assert codes(*FOUND, "authority", "unread", "any") == [0] * 7


@pytest.mark.parametrize("word", FOUND)
def test_fail_on_fails_on_its_word_and_on_any(folder: Path, word: str) -> None:
    (folder / "services.py").write_text(GOOD + FOUND[word])

    others = sorted({*FOUND, "authority", "unread"} - {word})
    assert codes(word, "any") == [1, 1]
    assert codes(*others) == [0] * 5
    assert scan().exit_code == 0


def test_fail_on_authority(folder: Path) -> None:
    (folder / "views.py").write_text(VIEW)

    assert codes("authority", "any", "never-allowed") == [1, 1, 0]


def test_fail_on_unread_is_1_and_without_it_2(folder: Path) -> None:
    (folder / "old.py").write_text('order.status = "PAID"\nprint "PAID"\n')

    assert codes("unread", "any", "authority") == [1, 1, 2]
    assert scan().exit_code == 2


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        pytest.param("# interlock: ok the desk undoes by hand", 0, id="a reason"),
        pytest.param("# interlock: ok", 1, id="no reason"),
        pytest.param("# interlock: ok   ", 1, id="blanks"),
        pytest.param("# the desk undoes by hand", 1, id="another comment"),
    ],
)
def test_a_comment_accepts_with_a_reason_alone(folder: Path, comment: str, code: int) -> None:
    (folder / "views.py").write_text(VIEW.replace('"PAID"', f'"PAID"  {comment}'))

    result = scan("--fail-on", "any")

    assert result.exit_code == code
    is_bare = comment.strip() == "# interlock: ok"
    said = "views.py:6: `interlock: ok` without a reason accepts nothing"
    assert (said in result.stdout) is is_bare


class TestBaseline:
    """What a baseline takes for the same, and what for news."""

    @pytest.fixture(autouse=True)
    def kept(self, folder: Path) -> Path:
        """Write the baseline of a project with one view beside its service."""
        (folder / "views.py").write_text(VIEW)
        assert scan("--write-baseline", "sites.json").exit_code == 0
        assert scan("--baseline", "sites.json").exit_code == 0
        return folder

    def test_lines_that_move_are_the_same(self, kept: Path) -> None:
        head, body = VIEW.split("\n\n\n")
        (kept / "views.py").write_text(f'"""Views."""\n\n{head}\n\nX = 1\n\n\n# Pays.\n{body}')

        assert scan("--baseline", "sites.json").exit_code == 0

    def test_a_function_that_moves_in_its_file_is_the_same(self, kept: Path) -> None:
        other = "def show(pk):\n    return Order.objects.get(pk=pk)\n"
        (kept / "views.py").write_text(VIEW.replace("def pay", f"{other}\n\ndef pay") + other)

        assert scan("--baseline", "sites.json").exit_code == 0

    def test_a_file_with_another_name_is_news(self, kept: Path) -> None:
        (kept / "views.py").rename(kept / "pages.py")

        result = scan("--baseline", "sites.json")

        assert result.exit_code == 1
        assert "Not in the baseline: 1" in result.stdout
        assert "1 site of the baseline no longer there: write it anew" in result.stdout

    def test_a_site_that_is_gone_fails_nothing_and_may_not_come_back(self, kept: Path) -> None:
        (kept / "views.py").write_text("")
        result = scan("--baseline", "sites.json")
        assert result.exit_code == 0
        assert "1 site of the baseline no longer there: write it anew" in result.stdout

        scan("--write-baseline", "sites.json")
        (kept / "views.py").write_text(VIEW)
        assert scan("--baseline", "sites.json").exit_code == 1

    def test_the_same_statement_once_more_is_news(self, kept: Path) -> None:
        body = VIEW[VIEW.index("    order =") :]
        (kept / "views.py").write_text(VIEW + body)

        assert scan("--baseline", "sites.json").exit_code == 1

    def test_what_was_there_may_fail_by_another_word(self, kept: Path) -> None:
        del kept
        assert scan("--baseline", "sites.json", "--fail-on", "authority").exit_code == 1
        assert scan("--baseline", "sites.json", "--fail-on", "never-allowed").exit_code == 0

    def test_news_are_told_in_every_format(self, kept: Path) -> None:
        (kept / "pages.py").write_text(VIEW)
        said = {
            form: scan("--baseline", "sites.json", "--format", form)
            for form in ("text", "markdown", "json", "sarif", "github", "html")
        }

        assert {it.exit_code for it in said.values()} == {1}
        assert '"baselineState": "new"' in said["sarif"].stdout
        assert "::error file=pages.py,line=6,col=5,title=scan-new::" in said["github"].stdout
        assert [form for form, it in said.items() if "pages.py" not in it.stdout] == []
