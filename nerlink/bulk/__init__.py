"""Millions of documents: many files on all cores of a machine, or of many machines.

`tag_files(model, inputs, output)` is a whole job, which goes on where it ended; `Tagger` and
`map_in_pandas` are for pipelines that Ray Data or Spark run.
"""

from nerlink.bulk.frames import SPARK_SCHEMA, Tagger, map_in_pandas
from nerlink.bulk.options import BulkOptions
from nerlink.bulk.progress import Progress
from nerlink.bulk.run import Summary, outputs_of, status_of, tag_files

__all__ = [
    "SPARK_SCHEMA",
    "BulkOptions",
    "Progress",
    "Summary",
    "Tagger",
    "map_in_pandas",
    "outputs_of",
    "status_of",
    "tag_files",
]
