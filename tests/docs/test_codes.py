"""Every code that a user can meet has its page, and `interlock explain` prints it."""

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.docs import pages
from tests.docs.pages import ROOT

from pginterlock.check import CHECKS
from pginterlock.commands.explain import command as explain
from pginterlock.errors import Refused
from pginterlock.findings import Severity
from pginterlock.lint.rules import RULES as LINT_RULES
from pginterlock.objects import ObjectKind
from pginterlock.rules import RULES

VERIFY = ROOT / "cli" / "pginterlock" / "verify"
# What `verify.objects` says of an object of ours, behind its kind.
STATES = {
    *("missing", "changed", "disabled", "left-over"),
    *("not-validated", "not-enforced", "not-in-force", "not-judged", "not-counted"),
}
# What cannot be: a machine without entry is not installed; tables are never left over; only a
# trigger is disabled, only a CHECK is validated or enforced, only an index in force,
# only for a machine rows are judged and counted.
IMPOSSIBLE = {
    *(f"{kind}-disabled" for kind in ObjectKind if kind is not ObjectKind.TRIGGER),
    *(
        f"{kind}-{it}"
        for kind in ObjectKind
        if kind is not ObjectKind.CHECK
        for it in ("not-validated", "not-enforced")
    ),
    *(f"{kind}-not-in-force" for kind in ObjectKind if kind is not ObjectKind.INDEX),
    *(
        f"{kind}-{it}"
        for kind in ObjectKind
        if kind is not ObjectKind.REGISTRY
        for it in ("not-judged", "not-counted")
    ),
    "table-left-over",
    "registry-left-over",
    "registry-missing",
}
PRIVILEGES = {"grant-trigger", "grant-truncate"}
_CODE_MESSAGE_HINT = 3
_MAKERS = ("Finding", "_finding")
# It is enforced, and is no rule of a spec.
_TRIPWIRE = "IL17"
_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*\Z")


def literals() -> set[str]:
    """Return every code that the sources of `verify` write out.

    They begin a `Finding`, or a tuple of what will be one.
    """
    firsts: list[ast.expr] = []
    for file in VERIFY.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _MAKERS:
                firsts += node.args[:1]
            elif isinstance(node, ast.Tuple) and len(node.elts) >= _CODE_MESSAGE_HINT:
                firsts += node.elts[:1]
    words = {it.value for it in firsts if isinstance(it, ast.Constant)}
    queries = (ROOT / "sql" / "queries" / "weak_roles.sql").read_text(encoding="utf-8")
    words |= set(re.findall(r"^    '([a-z-]+)'(?: as code)?,$", queries, re.MULTILINE))
    return {it for it in words if isinstance(it, str) and _CODE.match(it)}


def verify_codes() -> list[str]:
    """Return every code of `verify` that is no rule's."""
    objects = {f"{kind}-{state}" for kind in ObjectKind for state in STATES}
    return sorted((objects - IMPOSSIBLE) | PRIVILEGES | (literals() - STATES))


def severity_in(page: str, code: str) -> str:
    """Return the severity that a page gives a code."""
    told = re.search(r"^Severity: (\w+)\.$", pages.section(page, f"`{code}`"), re.MULTILINE)
    assert told, f"{code} has no severity"
    return told[1]


def explained(code: str) -> str:
    """Return what `interlock explain` prints."""
    result = CliRunner().invoke(explain, [code], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_states_of_objects_are_those_of_the_source() -> None:
    source = (VERIFY / "objects.py").read_text(encoding="utf-8")

    assert {it for it in STATES if f'"{it}"' not in source} == set()


@pytest.mark.parametrize("code", verify_codes())
def test_a_finding_of_verify_is_documented(code: str) -> None:
    assert severity_in(pages.text("verify.md"), code) in set(Severity)
    assert explained(code).startswith(f"# {code}\n")


def test_verify_documents_no_code_that_is_not_there() -> None:
    documented = re.findall(r"^### `([a-z-]+)`$", pages.text("verify.md"), re.MULTILINE)

    assert sorted(documented) == verify_codes()


@pytest.mark.parametrize("code", CHECKS)
def test_a_finding_of_check_is_documented(code: str) -> None:
    assert severity_in(pages.text("check.md"), code) in set(Severity)
    assert explained(code).startswith(f"# {code}\n")


def test_check_documents_no_code_that_is_not_there() -> None:
    documented = re.findall(r"^### `([a-z-]+)`$", pages.text("check.md"), re.MULTILINE)

    assert sorted(documented) == sorted(CHECKS)


@pytest.mark.parametrize("code", LINT_RULES)
def test_a_finding_of_lint_is_documented(code: str) -> None:
    assert severity_in(pages.text("lint.md"), code) == LINT_RULES[code].severity
    assert explained(code).startswith(f"# {code}\n")


def test_lint_documents_no_rule_that_is_not_there() -> None:
    documented = re.findall(r"^### `([a-z-]+)`$", pages.text("lint.md"), re.MULTILINE)

    assert sorted(documented) == sorted(LINT_RULES)


@pytest.mark.parametrize("code", sorted(Refused.by_code))
def test_a_rule_code_has_a_page_and_a_line(code: str) -> None:
    [page] = pages.REFERENCE.glob(f"rules/{code}-*.md")
    name = Refused.by_code[code].__name__

    assert f"| [{code}](rules/{page.name}) | `{name}` |" in pages.text("errors.md")
    assert f"| [{code}]({page.name}) |" in pages.text("rules", "README.md")
    assert explained(code.lower()).startswith(f"# {code}: ")


@pytest.mark.parametrize("rule", RULES, ids=lambda it: it.CODE)
def test_a_rule_that_is_enforced_shows_spec_refusal_and_repair(rule: object) -> None:
    [page] = pages.REFERENCE.glob(f"rules/{rule.CODE}-*.md")  # type: ignore[attr-defined]
    text = page.read_text(encoding="utf-8")

    for heading in ("Spec", "How it is held", "The refusal", "In `verify`", "Repair"):
        if heading != "The refusal" or getattr(rule, "REFUSES", True):
            assert pages.section(text, heading).strip()
    if not getattr(rule, "REFUSES", True):
        return
    refusal = pages.section(text, "The refusal")
    assert f'"code": "{rule.CODE}"' in refusal  # type: ignore[attr-defined]
    assert "HINT:" in refusal


@pytest.mark.parametrize(
    "code", sorted(set(Refused.by_code) - {*(rule.CODE for rule in RULES), _TRIPWIRE})
)
def test_a_code_that_is_not_enforced_says_so(code: str) -> None:
    [page] = pages.REFERENCE.glob(f"rules/{code}-*.md")

    assert "Not yet enforced in this version." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("state", ["23514", "23505", "23P01", "40001", "55000"])
def test_a_sqlstate_is_explained(state: str) -> None:
    assert explained(state).startswith(f"# {state}\n")


def test_explain_lists_every_code() -> None:
    result = CliRunner().invoke(explain, [], catch_exceptions=False)
    listed = [line.split()[0] for line in result.output.splitlines()]

    assert set(listed) >= {*Refused.by_code, *CHECKS, *LINT_RULES, *verify_codes()}
    assert all(
        len(line.split(maxsplit=1)[1]) > len("no page") for line in result.output.splitlines()
    )


def test_explain_guesses_what_was_meant(tmp_path: Path) -> None:
    del tmp_path
    result = CliRunner().invoke(explain, ["triger-disabled"])

    assert "did you mean trigger-disabled?" in str(result.exception)
