"""The documents that may be asked about: what was annotated before and repetitions left out."""

from collections.abc import Iterable, Iterator

from nerlink.checks import text_key
from nerlink.checks.near import Near
from nerlink.data import Document

__all__ = ["Pool"]


class Pool:
    """Lets documents through that are worth a look; about a kilobyte a document is kept.

    Attributes:
        n_read: Documents that came.
        n_annotated: Left out because they were annotated before, by their id or their text.
        n_other_text: Those of them that share an id with an annotated document, but not its text.
        n_repeated: Left out because an earlier one, or an annotated one, is nearly the same.
        n_blank: Left out because they have no text.

    Args:
        annotated: Documents that are not to be asked about again.
    """

    def __init__(self, annotated: Iterable[Document] = ()) -> None:
        self.n_read = self.n_annotated = self.n_other_text = self.n_repeated = self.n_blank = 0
        self._ids: set[str] = set()
        self._annotated: set[int | None] = set()
        self._seen: set[int | None] = set()
        self._near: Near[int] = Near()
        self._n_near = 0
        for doc in annotated:
            if doc.id is not None:
                self._ids.add(doc.id)
            self._annotated.add(text_key(doc.text))
            self._is_near(doc.text)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents that are left, in order."""
        for doc in documents:
            self.n_read += 1
            if self._is_wanted(doc):
                yield doc

    def _is_wanted(self, doc: Document) -> bool:
        key = text_key(doc.text)
        has_text, has_id = key in self._annotated, doc.id in self._ids
        if key is None:
            self.n_blank += 1
        elif has_text or has_id:
            self.n_annotated += 1
            self.n_other_text += not has_text
        elif key in self._seen or self._is_near(doc.text):
            self.n_repeated += 1
        else:
            self._seen.add(key)
            return True
        return False

    def _is_near(self, text: str) -> bool:
        """Whether an earlier text is nearly the same; this one is remembered."""
        # A number of its own for each text, since only a name tells an answer from none.
        self._n_near += 1
        return self._near.like(text, self._n_near) is not None
