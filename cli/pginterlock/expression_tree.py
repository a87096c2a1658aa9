"""Walking the parse trees of libpg_query, which are protobuf messages.

Pure: trees in, nodes out.
"""

from collections.abc import Iterator

from google.protobuf.message import Message


def inner(node: Message) -> Message:
    """Return what a wrapping ``Node`` holds."""
    while kind(node) == "Node":
        which = node.WhichOneof("node")
        if which is None:
            return node
        node = getattr(node, which)
    return node


def kind(node: Message) -> str:
    """Return the type of *node*, as PostgreSQL's source calls it."""
    return str(node.DESCRIPTOR.name)


def names(parts: object) -> list[str]:
    """Return the words of a dotted name."""
    return [inner(part).sval for part in parts]  # type: ignore[attr-defined]


def column(node: Message) -> str | None:
    """Return the name of the column that *node* is, or None if it is anything else."""
    node = inner(node)
    return names(node.fields)[0] if kind(node) == "ColumnRef" else None


def children(node: Message) -> Iterator[Message]:
    """Yield what stands directly below *node*."""
    for field, value in node.ListFields():
        if field.message_type is not None:
            below = [value] if isinstance(value, Message) else value
            yield from (inner(child) for child in below)


def walk(node: Message) -> Iterator[Message]:
    """Yield *node* and everything below it, in the order of the tree."""
    yield node
    for child in children(node):
        yield from walk(child)


def of_kind(tree: Message, wanted: str) -> Iterator[Message]:
    """Yield the nodes of *tree* that are of kind *wanted*."""
    return (node for node in walk(tree) if kind(node) == wanted)


def location(node: Message) -> int | None:
    """Return the byte of the statement at which *node* stands, as far as the tree tells."""
    for each in walk(node):
        if any(field.name == "location" for field in each.DESCRIPTOR.fields) and each.location > 0:
            return int(each.location)
    return None
