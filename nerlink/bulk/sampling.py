"""The columns of a job's tables, found in the first documents of some of its inputs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from nerlink.bulk.columns import columns_of_values, table_schema, types_of
from nerlink.bulk.options import BulkOptions
from nerlink.bulk.places import File, is_local, resolve
from nerlink.bulk.rows import Tagged, row_columns, writable
from nerlink.bulk.shards import Shard, local_part
from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources import Losses, format_of, results_of
from nerlink.sources.keys import without_mention_columns

__all__ = ["schema_of"]

N_INPUTS: Final = 20
"""Inputs that are looked into, from the first to the last of them."""

N_DOCUMENTS: Final = 100
"""Documents of each."""


def schema_of(
    files: Sequence[File],
    options: BulkOptions,
    shards_of: Callable[[int, File, BulkOptions], Iterator[Shard]],
) -> Any:
    """The schema of all tables of a job.

    Documents without a column of their own for a value have it in the column `meta`, so a sample
    is enough: it decides how convenient a table is, not what is in it.

    Args:
        files: The inputs.
        options: How they are read, and what a row is.
        shards_of: Cuts an input.
    """
    step = -(-len(files) // N_INPUTS)
    documents: list[Document] = []
    types: dict[str, Any] = {}
    for number, file in enumerate(files[::step]):
        if number and not is_local(resolve(file.path)[0]):
            break  # of a store, the first is copied and no more
        found, given = _look_into(next(shards_of(number, file, options)), options)
        documents += found
        types |= {name: kind for name, kind in given.items() if name not in types}
    losses = Losses()
    rows = writable((Tagged(doc) for doc in documents), options.to, losses)
    named = (
        Tagged(doc if doc.id is not None else replace(doc, id=""))
        for doc, error in rows
        if not error
    )
    columns = row_columns(named, options.shape, losses)
    known = set(table_schema(options.shape).names)
    further = {name: values for name, values in columns.items() if name not in known}
    return table_schema(
        options.shape, columns_of_values(further, types, read_as=options.read.get("columns"))
    )


def _look_into(shard: Shard, options: BulkOptions) -> tuple[list[Document], dict[str, Any]]:
    """The first documents of a shard, and the types of columns where its file tells them."""
    from pyarrow.parquet import read_schema

    form = options.format or format_of(shard.file.path)
    with ExitStack() as stack:
        try:
            part = stack.enter_context(local_part(shard))
            results = results_of(part.path, format=form, **options.read)
            found = list(islice(results, N_DOCUMENTS))
            types = types_of(read_schema(part.path)) if form == "parquet" else {}
        except (DataError, OSError):
            return [], {}  # told when it is its turn
    documents = [doc for doc in found if isinstance(doc, Document)]
    if not options.link_only:  # these describe mentions that are to be replaced
        documents = [_without_mentions(doc) for doc in documents]
    return documents, types


def _without_mentions(doc: Document) -> Document:
    return replace(doc, mentions=(), meta=without_mention_columns(doc.meta))
