"""An operation as Python, in a revision that people read."""

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext

from pginterlock import digests
from pginterlock.integrations.alembic import frozen, run
from pginterlock.integrations.alembic.operations import ApplyOp, DropOp, SchemaOp
from pginterlock.spec import parse

_IMPORT = "import pginterlock.alembic  # noqa: F401 - op.interlock_apply and the like"


@renderers.dispatch_for(ApplyOp)
def _apply(context: AutogenContext, op: ApplyOp) -> list[str]:
    context.imports.add(_IMPORT)
    text = frozen.text_of(op.machine)
    kept = parse(text, op.machine.name).machines[0]
    options = [f'digest="{digests.digest(kept)}",']
    if op.replaces:
        options.append(f'replaces="{op.replaces}",')
    if op.old_names != run.KEEP:
        options.append(f'old_names="{op.old_names}",')
    if op.shape:
        options += [f'table="""\n{_quoted(op.shape)}""",']
    body = [f'"""\n{_quoted(text)}""",', *options]
    told = [f"# {' '.join(note.split())}" for note in op.notes]
    lines = "\n".join("    " + line for it in body for line in it.split("\n"))
    return [*told, f"{_prefix(context)}interlock_apply(\n{_unpadded(lines)}\n)"]


@renderers.dispatch_for(DropOp)
def _drop(context: AutogenContext, op: DropOp) -> str:
    context.imports.add(_IMPORT)
    table = f", table={op.table!r}" if op.table else ""
    return f"{_prefix(context)}interlock_drop({op.machine!r}{table})"


@renderers.dispatch_for(SchemaOp)
def _schema(context: AutogenContext, _: SchemaOp) -> str:
    context.imports.add(_IMPORT)
    return f"{_prefix(context)}interlock_schema()"


def _prefix(context: AutogenContext) -> str:
    prefix: str = context.opts.get("alembic_module_prefix") or ""
    return prefix


def _quoted(text: str) -> str:
    """Return *text* as it stands between three quotes."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _unpadded(lines: str) -> str:
    return "\n".join(line.rstrip() for line in lines.split("\n"))
