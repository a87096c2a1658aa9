"""Every key of the spec stands in its reference, and every word of the model in the glossary."""

import dataclasses
import re
from collections.abc import Iterator

import pytest
from tests.docs import pages
from tests.docs.pages import ROOT

from pginterlock import choices, elements, findings, model, spec

PAGE = pages.text("spec.md")


def keys(schema: object) -> Iterator[str]:
    """Yield every key that the JSON Schema names."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def words(schema: object) -> Iterator[str]:
    """Yield every word that stands for a choice."""
    if isinstance(schema, dict):
        yield from (it for it in schema.get("enum", []) if isinstance(it, str))
        for value in schema.values():
            yield from words(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from words(value)


@pytest.mark.parametrize("key", sorted(set(keys(spec.json_schema()))))
def test_a_key_is_documented(key: str) -> None:
    assert re.search(rf"^\| `(?:[\w<>.]+\.)?{key}\b", PAGE, re.MULTILINE) or f"`{key}`" in PAGE


@pytest.mark.parametrize("word", sorted(set(words(spec.json_schema()))))
def test_a_choice_is_documented(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_the_example_is_a_spec() -> None:
    [example] = re.findall(r"^# yaml-language-server.*?(?=^```)", PAGE, re.MULTILINE | re.DOTALL)

    assert [it.name for it in spec.parse(example, "spec.md").machines] == ["booking"]


def glossary() -> dict[str, str]:
    """Return the words of the glossary and their meanings."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", text, re.MULTILINE)
    return {word.strip(): meaning for words, meaning in rows[1:] for word in words.split(",")}


@pytest.mark.parametrize(
    "thing",
    [
        model.Machine,
        elements.Transition,
        elements.Stamp,
        elements.StateRow,
        elements.Invariant,
        elements.Claim,
        model.Spec,
        findings.Finding,
    ],
    ids=lambda it: it.__name__,
)
def test_a_thing_of_the_model_is_in_the_glossary(thing: type) -> None:
    assert dataclasses.is_dataclass(thing)
    assert re.sub(r"(?<!^)(?=[A-Z])", " ", thing.__name__).lower() in glossary()


@pytest.mark.parametrize("mode", list(choices.Mode))
def test_a_mode_is_in_the_glossary_and_has_its_line(mode: choices.Mode) -> None:
    page = (ROOT / "docs" / "explanation" / "modes.md").read_text(encoding="utf-8")

    assert mode.value in glossary()
    assert f"| `{mode.value}` |" in page
