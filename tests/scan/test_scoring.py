"""How reports are matched with labelled rows, and counted."""

from tests.scan.scoring import DEFAULT, LOOKALIKE, WRITE, Report, Row, Sum, judge


def _row(
    line: int,
    *,
    label: str = WRITE,
    start: int = 0,
    end: int = 0,
    in_tx: str = "no",
) -> Row:
    return Row("a.py", line, start or line, end or line, "Order", "status", in_tx, label)


def _report(line: int, *, file: str = "a.py", in_tx: str = "no", label: str = WRITE) -> Report:
    return Report(file, line, in_tx, label)


def test_a_report_within_the_statement_finds_the_write() -> None:
    assert judge([_row(12, start=10, end=14)], [_report(10)]).sum() == Sum(found=1, agreeing=1)


def test_a_report_in_another_file_does_not() -> None:
    assert judge([_row(12)], [_report(12, file="b.py")]).sum() == Sum(missed=1, surplus=1)


def test_a_report_on_a_lookalike_is_wrong() -> None:
    assert judge([_row(12, label=LOOKALIKE)], [_report(12)]).sum() == Sum(surplus=1)


def test_a_report_that_no_row_holds_is_wrong() -> None:
    assert judge([_row(12)], [_report(12), _report(13)]).sum() == Sum(1, 0, 1, 1)


def test_a_default_counts_neither_way_whoever_calls_it_one() -> None:
    rows = [_row(3, label=DEFAULT)]
    assert judge(rows, [_report(3)]).sum() == Sum()
    assert judge(rows, []).sum() == Sum()
    assert judge([], [_report(7, label=DEFAULT)]).sum() == Sum()


def test_a_write_is_not_found_by_calling_it_a_default() -> None:
    assert judge([_row(3)], [_report(3, label=DEFAULT)]).sum() == Sum(missed=1)


def test_the_second_report_of_one_write_is_wrong() -> None:
    assert judge([_row(12, start=10, end=14)], [_report(12), _report(11)]).sum() == Sum(1, 0, 1, 1)


def test_two_writes_of_one_statement_take_the_report_on_their_own_line() -> None:
    first, second = _row(11, start=10, end=14), _row(13, start=10, end=14)
    found = judge([first, second], [_report(13, in_tx="yes"), _report(10)])
    assert [(match.row.line, match.report.line) for match in found.matches] == [(11, 10), (13, 13)]


def test_a_short_statement_takes_its_report_before_the_long_one_around_it() -> None:
    around, within = _row(10, start=10, end=20), _row(15, start=14, end=16)
    found = judge([around, within], [_report(14)])
    assert [match.row for match in found.matches] == [within]
    assert found.missed == (around,)


def test_transactions_are_judged_among_the_found_writes_alone() -> None:
    rows = [_row(1, in_tx="yes"), _row(2, in_tx="caller"), _row(3, in_tx="yes")]
    verdict = judge(rows, [_report(1, in_tx="yes"), _report(2, in_tx="no")])
    assert verdict.sum() == Sum(found=2, missed=1, agreeing=1)
    assert [match.row.line for match in verdict.mistaken] == [2]
    assert verdict.sum().transactions == 0.5


def test_ratios_add_up_over_projects_and_nothing_is_not_wrong() -> None:
    total = Sum(found=8, missed=2, surplus=0, agreeing=8) + Sum(found=1, missed=0, surplus=1)
    assert (total.writes, total.precision, total.transactions) == (11, 0.9, 8 / 9)
    assert total.recall == 9 / 11
    assert (Sum().precision, Sum().recall, Sum().transactions) == (1, 1, 1)
