"""Print a write map in the format that is asked for.

What makes a format is imported where that is asked for: some of it takes a tenth of a second.
"""

import click

from pginterlock.scan.report import Report

FORMATS = ("text", "markdown", "json", "sarif", "github", "html")


def printed(report: Report, output_format: str) -> None:
    """Print *report* on stdout."""
    match output_format:
        case "markdown":
            from pginterlock.scan.markdown import to_markdown  # noqa: PLC0415

            click.echo(to_markdown(report), nl=False)
        case "json":
            from pginterlock.scan.document import to_json  # noqa: PLC0415

            click.echo(to_json(report))
        case "sarif":
            from importlib.metadata import version  # noqa: PLC0415

            from pginterlock.scan.annotations import to_sarif  # noqa: PLC0415

            click.echo(to_sarif(report, version("pginterlock")))
        case "github":
            from pginterlock.scan.annotations import to_github  # noqa: PLC0415

            if told := to_github(report):
                click.echo(told)
        case "html":
            from pginterlock.scan.html import to_html  # noqa: PLC0415

            click.echo(to_html(report), nl=False)
        case _:
            from pginterlock.commands.scan_tables import show  # noqa: PLC0415
            from pginterlock.commands.screen import console  # noqa: PLC0415

            show(report, console())
