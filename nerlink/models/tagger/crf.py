"""A linear-chain conditional random field (Lafferty et al., 2001): which tag follows which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from flair.data import Dictionary
from flair.models.sequence_tagger_utils.crf import CRF, START_TAG, STOP_TAG
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.errors import ConfigError
from nerlink.models.tagger.batching import SentenceBatch, batch_sentences
from nerlink.models.tagger.tags import FORBIDDEN, TagSet, ranges_of, tag_by_viterbi

__all__ = ["TagChain"]

MOST_TAGS: Final = 2048
"""Tags from which on the scores of all pairs, for each sentence and token, fill the memory."""


@dataclass(frozen=True, slots=True)
class _LearntMoves:
    """Scores of transitions, one for each pair of tags.

    Args:
        between: Score of a tag (row) before another (column), (n_tags, n_tags).
        first: Score of each tag at the start of a sentence, (n_tags).
        last: Score of each tag at the end of a sentence, (n_tags).
    """

    between: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]

    def step(self, best: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The best way on from the best paths to each tag, as `Moves.step`."""
        paths = best[:, :, None] + self.between
        return paths.max(axis=1), paths.argmax(axis=1)


class TagChain(nn.Module):
    """Flair's conditional random field over the tags of a scheme.

    Transitions that the scheme forbids stay forbidden, so that each decoded tag sequence is valid;
    the scores of the other transitions are learnt.

    Args:
        tagset: The tags.

    Raises:
        ConfigError: There are too many tags for a score of each pair.
    """

    def __init__(self, tagset: TagSet) -> None:
        super().__init__()
        if len(tagset) > MOST_TAGS:
            raise ConfigError(
                f"crf = true learns a score for each pair of tags, and {len(tagset.labels)} labels "
                f"make {len(tagset)} tags; {MOST_TAGS} are the most. Set crf = false in [tagger]."
            )
        self.tagset = tagset
        self.dictionary = Dictionary(add_unk=False)
        for tag in tagset.tags:
            self.dictionary.add_item(tag)
        self.dictionary.set_start_stop_tags()
        self.crf = CRF(self.dictionary, len(self.dictionary), init_from_state_dict=False)
        self.start, self.stop = map(self.dictionary.get_idx_for_item, (START_TAG, STOP_TAG))
        n_tags = len(tagset)
        # Flair's transitions go from a column to a row.
        pairs = np.arange(n_tags), np.arange(n_tags)[:, None]
        with torch.no_grad():
            for part, may in (
                (self.crf.transitions[:n_tags, :n_tags], tagset.may_follow(*pairs)),
                (self.crf.transitions[:n_tags, self.start], tagset.opens),
                (self.crf.transitions[self.stop, :n_tags], tagset.closes),
            ):
                part[~torch.from_numpy(may)] = FORBIDDEN

    def loss(self, scores: Tensor, tags: Tensor, sentences: Sequence[tuple[int, int]]) -> Tensor:
        """Summed negative log-probability of the tag sequences of sentences, a scalar.

        The number is that of Flair's `ViterbiLoss`, whose gradient takes several times as long.

        Args:
            scores: Scores of each tag by itself, (n_tokens, n_tags).
            tags: Tag indices, (n_tokens).
            sentences: Token ranges; tokens outside them do not count.
        """
        total = scores.sum() * 0.0
        for batch in batch_sentences(sentences, scores.device):
            padded = scores.float()[batch.rows]
            gold = self._score_of(padded, tags[batch.rows], batch)
            total = total + self._log_partition(padded, batch).sum() - gold
        return total

    def partial_loss(
        self,
        scores: Tensor,
        tags: Tensor,
        sentences: Sequence[tuple[int, int]],
        *,
        unknown: int,
    ) -> Tensor:
        """Summed negative log-probability of all tag sequences with the known tags, a scalar.

        Tsuboi et al., "Training conditional random fields using incomplete annotations" (2008).

        Args:
            scores: Scores of each tag by itself, (n_tokens, n_tags).
            tags: Tag indices, (n_tokens).
            sentences: Token ranges; tokens outside them do not count.
            unknown: The index of tags that are not known.
        """
        total = scores.sum() * 0.0
        every = torch.arange(scores.shape[1], device=scores.device)
        for batch in batch_sentences(sentences, scores.device):
            padded, known = scores.float()[batch.rows], tags[batch.rows].unsqueeze(2)
            agreeing = padded.where((known == unknown) | (known == every), -torch.inf)
            every_path, right = (self._log_partition(one, batch) for one in (padded, agreeing))
            total = total + (every_path - right).sum()
        return total

    def decode(self, scores: Tensor, sentences: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """The most probable tag sequences of sentences.

        Args:
            scores: Scores of each tag by itself, (n_tokens, n_tags).
            sentences: Token ranges that cover all rows.

        Returns:
            Tag indices, (n_tokens), and the log-probability of the tag of each token over all tag
            sequences, (n_tokens).
        """
        found = np.zeros(len(scores), dtype=np.int64)
        tag_by_viterbi(found, scores.float().cpu().numpy(), ranges_of(sentences), self._moves())
        tags = torch.from_numpy(found).to(scores.device)
        return tags, self.log_marginals(scores, tags, sentences)

    def log_marginals(
        self, scores: Tensor, tags: Tensor, sentences: Sequence[tuple[int, int]]
    ) -> Tensor:
        """Log-probability of a tag of each token over all tag sequences, (n_tokens).

        Args:
            scores: Scores of each tag by itself, (n_tokens, n_tags).
            tags: The tag of each token, (n_tokens).
            sentences: Token ranges that cover all rows.
        """
        # The gradient of log Z by a token's score is the marginal of the tag; the loss subtracts
        # the score of the given path, whose gradient is 1. Autograd is the forward-backward
        # algorithm.
        with torch.inference_mode(mode=False), torch.enable_grad():
            leaf = scores.detach().clone().requires_grad_()
            (gradient,) = torch.autograd.grad(self.loss(leaf, tags.clone(), sentences), leaf)
        chosen = gradient.gather(1, tags.clone().unsqueeze(1)).squeeze(1)
        return (chosen + 1).clamp(min=torch.finfo(chosen.dtype).tiny, max=1.0).log()

    def _score_of(self, padded: Tensor, tags: Tensor, batch: SentenceBatch) -> Tensor:
        """Summed scores of the given tag sequences, a scalar."""
        moves = self.crf.transitions
        lasts = tags.gather(1, batch.lengths.to(tags.device).unsqueeze(1) - 1)
        between = moves[tags[:, 1:], tags[:, :-1]][batch.mask[:, 1:]]
        single = padded.gather(2, tags.unsqueeze(2)).squeeze(2)[batch.mask]
        ends = moves[tags[:, 0], self.start].sum() + moves[self.stop, lasts].sum()
        return single.sum() + between.sum() + ends

    def _log_partition(self, padded: Tensor, batch: SentenceBatch) -> Tensor:
        """Log of the summed exponents of all tag sequences' scores, (n_sentences)."""
        n_tags = padded.shape[2]
        moves = self.crf.transitions[:n_tags, :n_tags]
        # reached[s, t]: log of the summed exponents of all paths of sentence s that end in tag t.
        reached = padded[:, 0] + self.crf.transitions[:n_tags, self.start]
        for single, inside in zip(padded.unbind(1)[1:], batch.mask.unbind(1)[1:], strict=True):
            onward = (reached.unsqueeze(1) + moves).logsumexp(2) + single
            reached = onward.where(inside.unsqueeze(1), reached)
        return (reached + self.crf.transitions[self.stop, :n_tags]).logsumexp(1)

    def _moves(self) -> "_LearntMoves":
        """Scores of transitions from row to column; Flair's transitions go from column to row."""
        n_tags = len(self.tagset)
        moves = self.crf.transitions.detach().cpu().double().numpy()
        first, last = moves[:n_tags, self.start], moves[self.stop, :n_tags]
        return _LearntMoves(moves[:n_tags, :n_tags].T, first, last)
