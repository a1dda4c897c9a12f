"""Who reviews which document: one after the other, nobody the same, some of them two."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from nerlink.data import Document, Mention
from nerlink.serving.refusals import Conflict, NotFound
from nerlink.serving.review.journal import Journal, now
from nerlink.serving.review.saves import Save, independent, is_disputed, key_of, reviewed

__all__ = ["LEASE", "Desk", "Given", "Progress", "State"]

LEASE: Final = 600.0
"""Seconds for which a document is a reviewer's own after their page was last heard of."""

State = Literal["open", "half", "done", "disputed"]
"""Nobody has done a document; one of two has; all have; or two have, and differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A document that is given to a reviewer.

    Args:
        key: What it is known by.
        number: Its place in the order, from 1.
        doc: The document with the mentions to begin with.
        is_saved: Whether these are of a save.
        is_informed: Whether they are another reviewer's, or several versions are shown.
        versions: The versions of all reviewers, where they differ.
    """

    key: str
    number: int
    doc: Document
    is_saved: bool = False
    is_informed: bool = False
    versions: Mapping[str, Document]


class Progress(NamedTuple):
    """How far everybody is.

    Args:
        documents: How many there are.
        done: How many are done by all who are to do them.
        mine: How many the reviewer has done.
        disputed: How many are disputed.
    """

    documents: int
    done: int
    mine: int
    disputed: int


class _Lease(NamedTuple):
    reviewer: str
    until: float


class Desk:
    """The documents of a session, in order, and who has which.

    Args:
        documents: The documents; of those without an id and of the same text, one.
        journal: Where saves are kept.
        overlap: How many documents two reviewers are to do.
        lease: As `LEASE`.
        clock: Tells seconds that pass.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        journal: Journal,
        *,
        overlap: int = 0,
        lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.journal = journal
        self.documents = {key_of(doc): doc for doc in documents}
        self._numbers = {key: number for number, key in enumerate(self.documents, start=1)}
        # By a hash: the same ones after a restart, and not those that happen to stand first.
        by_hash = sorted(self.documents, key=lambda key: hashlib.sha256(key.encode()).digest())
        self.twice = frozenset(by_hash[:overlap])
        self._lease = lease
        self._clock = clock
        self._leases: dict[str, list[_Lease]] = {}
        self._lock = threading.Lock()

    def next(self, reviewer: str, *, beside: Sequence[str] = ()) -> Given | None:
        """The first document that nobody else has or has done, or that waits for a second reviewer.

        Args:
            reviewer: Who asks; the document is theirs for a time.
            beside: Documents that they have already, and ask for another beside.
        """
        with self._lock:
            for key in self.documents:
                if key not in beside and self._is_free(key, reviewer):
                    self._hold(key, reviewer)
                    return self._given(key, reviewer)
        return None

    def open(self, key: str, reviewer: str) -> Given:
        """A document of the reviewer's choice, to be done or done again.

        Raises:
            NotFound: There is no such document.
            Conflict: Another reviewer has it just now.
        """
        with self._lock:
            self.check(key)
            others = [one.reviewer for one in self._live(key) if one.reviewer != reviewer]
            if len(others) >= self._needed(key):
                raise Conflict(f"{' and '.join(others)} has this document now. Take another one.")
            self._hold(key, reviewer)
            return self._given(key, reviewer)

    def keep(self, keys: Sequence[str], reviewer: str) -> None:
        """Let documents stay the reviewer's for another while."""
        with self._lock:
            for key in keys:
                if key in self.documents:
                    self._hold(key, reviewer)

    def release(self, keys: Sequence[str], reviewer: str) -> None:
        """Let others have documents."""
        with self._lock:
            for key in keys:
                self._drop(key, reviewer)

    def save(
        self, key: str, reviewer: str, mentions: Sequence[Mention], *, is_informed: bool
    ) -> tuple[Save, str | None]:
        """Keep a version of a document, also of one that is no longer the reviewer's.

        Returns:
            What was saved, and what is to be said of it, if anything is.

        Raises:
            NotFound: There is no such document.
            DataError: It cannot be written.
        """
        self.check(key)
        save = Save(
            key=key,
            doc=reviewed(self.documents[key], mentions),
            reviewer=reviewer,
            time=now(),
            is_informed=is_informed,
        )
        fault = self.journal.add(save)
        with self._lock:
            self._drop(key, reviewer)
        return save, fault

    def progress(self, reviewer: str) -> Progress:
        """How far everybody is, and the reviewer."""
        states = [self.state(key) for key in self.documents]
        return Progress(
            documents=len(states),
            done=sum(state in ("done", "disputed") for state in states),
            mine=sum(reviewer in self.reviewers(key) for key in self.documents),
            disputed=states.count("disputed"),
        )

    def state(self, key: str) -> State:
        """How far a document is."""
        saves = self._saves(key)
        if not saves:
            return "open"
        if is_disputed(saves):
            return "disputed"
        is_decided = any(save.is_informed for save in saves)
        return "done" if is_decided or len(independent(saves)) >= self._needed(key) else "half"

    def reviewers(self, key: str) -> list[str]:
        """Who has done a document, in order of their first save."""
        return list(dict.fromkeys(save.reviewer for save in self._saves(key)))

    def holders(self, key: str) -> list[str]:
        """Who has a document just now."""
        with self._lock:
            return [lease.reviewer for lease in self._live(key)]

    def check(self, key: str) -> None:
        """Refuse a key of no document.

        Raises:
            NotFound: There is no such document.
        """
        if key not in self.documents:
            raise NotFound("there is no such document in this session; load the page again.")

    def _saves(self, key: str) -> list[Save]:
        return self.journal.saves.get(key, [])

    def _needed(self, key: str) -> int:
        return 2 if key in self.twice else 1

    def _is_free(self, key: str, reviewer: str) -> bool:
        """Whether a reviewer is wanted for a document, and this one may be the one."""
        done = self.reviewers(key)
        if reviewer in done or any(save.is_informed for save in self._saves(key)):
            return False
        others = {one.reviewer for one in self._live(key)} - {reviewer, *done}
        return len(done) + len(others) < self._needed(key)

    def _given(self, key: str, reviewer: str) -> Given:
        doc, saves = self.documents[key], self._saves(key)
        given = Given(key=key, number=self._numbers[key], doc=doc, versions={})
        if not saves:
            return given
        if is_disputed(saves):
            versions = {name: save.doc for name, save in independent(saves).items()}
            latest = replace(doc, mentions=saves[-1].doc.mentions, complete=True)
            return replace(given, doc=latest, is_saved=True, is_informed=True, versions=versions)
        own = [save for save in saves if save.reviewer == reviewer]
        is_second = not own and self.state(key) == "half"
        if is_second:  # blind, or the two would agree too well
            return given
        latest = replace(doc, mentions=saves[-1].doc.mentions, complete=True)
        is_informed = any(save.reviewer != reviewer or save.is_informed for save in saves)
        return replace(given, doc=latest, is_saved=True, is_informed=is_informed)

    def _live(self, key: str) -> list[_Lease]:
        time_ = self._clock()
        return [lease for lease in self._leases.get(key, ()) if lease.until > time_]

    def _hold(self, key: str, reviewer: str) -> None:
        others = [lease for lease in self._live(key) if lease.reviewer != reviewer]
        self._leases[key] = [*others, _Lease(reviewer, self._clock() + self._lease)]

    def _drop(self, key: str, reviewer: str) -> None:
        self._leases[key] = [one for one in self._live(key) if one.reviewer != reviewer]
