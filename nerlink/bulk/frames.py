"""For pipelines that run already: a class for Ray Data, a function for Spark."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from nerlink.bulk.columns import ERROR, columns_of_values, table_schema, typed_table, types_of
from nerlink.bulk.rows import row_columns, writable
from nerlink.bulk.tagging import tag_results
from nerlink.errors import DataError
from nerlink.lookalikes import missing_column
from nerlink.rows import OpenTable
from nerlink.sources.from_rows import RowFormat, documents_from_table
from nerlink.sources.losses import Losses
from nerlink.sources.to_rows import TableShape
from nerlink.tables import is_frame, open_columns, open_frame

__all__ = ["SPARK_SCHEMA", "Tagger", "map_in_pandas"]

log = logging.getLogger(__name__)

Frame: TypeAlias = Any
"""A pandas DataFrame."""


class Tagger:
    """Tags batches of rows; the model is loaded with the first of them.

        dataset.map_batches(Tagger, fn_constructor_args=("my-model",), compute=...)

    A batch is a pandas DataFrame, a pyarrow Table, or a dict of numpy arrays, and comes back as the
    same: with the columns of `to_frame`, and `error` where a document failed.

    Args:
        model: A folder, or owner/name on the Hugging Face hub.
        columns: nerlink's names of columns to the batch's, such as `{"text": "body"}`.
        shape: What a row of the answer is: a `document` or a `mention`.
        link_only: Link the mentions that the rows have, and find no new ones.
        **options: What `Pipeline.load` takes.

    Raises:
        DataError: There is no such shape.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        columns: Mapping[str, str] | None = None,
        shape: TableShape = "document",
        link_only: bool = False,
        **options: Any,
    ) -> None:
        if shape not in ("document", "mention"):
            raise DataError(f"shape is {shape!r}; it must be 'document' or 'mention'.")
        self.model = model
        self.columns = columns
        self.shape = shape
        self.link_only = link_only
        self.options = options
        self._pipeline: Any = None

    def __call__(self, batch: Any) -> Any:
        """The rows of a batch, tagged.

        Raises:
            DataError: It is no batch, or has no column of texts.
        """
        if is_frame(batch):
            return type(batch)(self._columns(open_frame(batch, where="batch"))[0])
        if hasattr(batch, "to_pydict"):
            columns, losses = self._columns(open_columns(batch.to_pydict(), where="batch"))
            further = self._further(batch.schema, columns)
            return typed_table(columns, table_schema(self.shape, further), losses)
        if isinstance(batch, Mapping):
            plain = {name: list(values) for name, values in batch.items()}
            return _as_arrays(self._columns(open_columns(plain, where="batch"))[0])
        raise DataError(
            f"batch is a {type(batch).__name__}; it must be a pandas DataFrame, a pyarrow Table "
            "or a dict of numpy arrays."
        )

    def _further(self, schema: Any, columns: Mapping[str, list[Any]]) -> list[Any]:
        """The columns of a batch that are not nerlink's, with the types that they had.

        All batches of a data set must have the same, also one without a row or a value.
        """
        own = set(table_schema(self.shape).names)
        further = {name: values for name, values in columns.items() if name not in own}
        return columns_of_values(further, types_of(schema), read_as=self.columns)

    def _columns(self, table: OpenTable) -> tuple[dict[str, list[Any]], Losses]:
        if self._pipeline is None:
            from nerlink.pipeline import Pipeline

            self._pipeline = Pipeline.load(self.model, **self.options)
        text = (self.columns or {}).get("text", "text")
        if {text, "tokens", "words", "token"}.isdisjoint(table.columns):
            raise missing_column(text, table.columns, where="batch")
        form = RowFormat(columns=self.columns, shape="document")
        results = documents_from_table(table, form, where="batch")
        losses = Losses()
        tagged = tag_results(self._pipeline, results, link_only=self.link_only)
        columns = row_columns(writable(tagged, "parquet", losses), self.shape, losses)
        if losses.counts:
            log.warning("A batch of shape %r cannot carry %s.", self.shape, losses)
        return columns, losses


def _as_arrays(columns: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Columns as numpy arrays of objects, whose lists stay lists."""
    import numpy as np

    arrays = {}
    for name, values in columns.items():
        arrays[name] = np.empty(len(values), dtype=object)
        arrays[name][:] = values
    return arrays


def map_in_pandas(
    model: str | Path, **options: Any
) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
    """A function for `mapInPandas` of Spark; an executor loads the model once a partition.

        frame.mapInPandas(map_in_pandas("my-model"), schema=SPARK_SCHEMA)

    Args:
        model: A folder that all executors have, or owner/name on the Hugging Face hub.
        **options: As `Tagger` takes them, and `keep`: names of the columns that come back, in the
            order of the schema; by default those of `SPARK_SCHEMA`. Rows of mentions have others,
            which must be named.

    Raises:
        DataError: A column to keep is none of nerlink's, and none of a frame's.
    """
    default = "id", "text", "mentions", ERROR
    shape = options.get("shape", "document")
    if shape != "document" and "keep" not in options:
        raise DataError(f"rows of shape {shape!r} have no columns {', '.join(default)}. Name keep.")
    keep = list(options.pop("keep", default))
    own = set(table_schema(shape).names)

    def tag(frames: Iterable[Frame]) -> Iterator[Frame]:
        tagger = Tagger(model, **options)
        for frame in frames:
            answer = tagger(frame)
            if unknown := [name for name in keep if name not in own | set(answer) | set(frame)]:
                raise missing_column(unknown[0], answer, where="keep")
            # Spark wants the columns of its schema in each batch, also where one has none of them.
            yield answer.reindex(columns=keep)

    return tag


SPARK_SCHEMA: Final = (
    "id string, text string, mentions array<struct<start: long, end: long, label: string, "
    "entity: string, score: double, link_score: double, candidates: array<struct<entity: string, "
    "score: double, prior: double, count: long>>, nil: string>>, error string"
)
"""What `map_in_pandas` gives by default, as Spark writes types; add a column for each to keep."""
