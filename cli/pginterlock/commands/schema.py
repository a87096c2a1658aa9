"""``interlock schema``: write the JSON Schema of the spec format, for editors."""

import json
from pathlib import Path

import click

from pginterlock.errors import UsageError
from pginterlock.spec import json_schema


@click.command(epilog="Example: interlock schema --out interlock.schema.json")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE instead of stdout.",
)
def command(out: Path | None) -> None:
    """Write the JSON Schema of the spec format, for editors.

    Begin a spec with `# yaml-language-server: $schema=interlock.schema.json`, and editors complete
    its keys and mark what is wrong.
    """
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None
