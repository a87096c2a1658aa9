"""Print a write map in the format that is asked for."""

from importlib.metadata import version

import click

from pginterlock.commands.scan_tables import show
from pginterlock.commands.session import console
from pginterlock.scan.annotations import to_github, to_sarif
from pginterlock.scan.document import to_json
from pginterlock.scan.html import to_html
from pginterlock.scan.markdown import to_markdown
from pginterlock.scan.report import Report

FORMATS = ("text", "markdown", "json", "sarif", "github", "html")


def printed(report: Report, output_format: str) -> None:
    """Print *report* on stdout."""
    match output_format:
        case "markdown":
            click.echo(to_markdown(report), nl=False)
        case "json":
            click.echo(to_json(report))
        case "sarif":
            click.echo(to_sarif(report, version("pginterlock")))
        case "github":
            if told := to_github(report):
                click.echo(told)
        case "html":
            click.echo(to_html(report), nl=False)
        case _:
            show(report, console())
