"""Sites of the drafts that are one write of one row, each with what protects it. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.drafts import Draft
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import scope_of
from pginterlock.scan.site import Beside, Label, Site, Transaction
from pginterlock.scan.transactions import Transactions

if TYPE_CHECKING:
    import ast

# A form or serializer saves by itself, where nothing of the project's own says how.
_BY_FRAMEWORK = frozenset(
    ["modelform_field", "serializer_field", "view_field", "admin_list_editable"]
)


def site_of(transactions: Transactions, group: Sequence[Draft]) -> Site:
    """Return the site that the drafts of one write are."""
    it, module = group[0], group[0].module
    scope = scope_of(module, it.stmt)
    if isinstance(scope, ClassDef) and scope.name in ("Meta", "_Meta"):
        scope = scope_of(module, scope.node)
    is_session = it.wanted.is_mapped and not it.construct.startswith(("core_", "driver_"))
    if it.label is Label.DEFAULT or it.construct == "factory_attr":
        told: tuple[Transaction, object, str] = (Transaction.NONE, None, "nothing runs here")
    elif it.construct in _BY_FRAMEWORK:
        told = transactions.by_framework(it)
    else:
        told = transactions.of_draft(it, is_session=is_session)
    line = getattr(it.node, "lineno", it.stmt.lineno)
    return Site(
        file=module.path,
        line=line,
        column=getattr(it.node, "col_offset", 0) + 1,
        end_line=_end(group),
        enclosing=scope.qualname if scope else "",
        model=it.wanted.shown,
        field=it.field,
        construct=it.construct,
        values=it.values,
        sources=it.sources,
        transaction=told[0],
        **({"callers": told[1]} if told[1] is not None else {}),  # type: ignore[arg-type]
        transaction_reason=told[2],
        beside=tuple(Beside(b.field, getattr(b.node, "lineno", line), b.values) for b in group[1:]),
        confidence=it.confidence,
        reason=it.reason,
        label=it.label,
        machine=it.wanted.target.machine,
        table=it.wanted.target.table,
        is_new=it.is_new,
        text=module.line(line),
    )


def _end(group: Sequence[Draft]) -> int:
    node: ast.AST = group[0].node
    line = getattr(node, "lineno", 1)
    return max(line, getattr(node, "end_lineno", line) or line)
