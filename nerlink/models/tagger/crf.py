"""A linear-chain conditional random field (Lafferty et al., 2001): which tag follows which."""

from collections.abc import Sequence

import numpy as np
import torch
from flair.data import Dictionary
from flair.models.sequence_tagger_utils.crf import CRF, START_TAG, STOP_TAG
from torch import Tensor, nn

from nerlink.models.tagger.batching import SentenceBatch, batch_sentences
from nerlink.models.tagger.tags import FORBIDDEN, Moves, TagSet, ranges_of, tag_by_viterbi

__all__ = ["TagChain"]


class TagChain(nn.Module):
    """Flair's conditional random field over the tags of a scheme.

    Transitions that the scheme forbids stay forbidden, so that each decoded tag sequence is valid;
    the scores of the other transitions are learnt.

    Args:
        tagset: The tags.
    """

    def __init__(self, tagset: TagSet) -> None:
        super().__init__()
        self.tagset = tagset
        self.dictionary = Dictionary(add_unk=False)
        for tag in tagset.tags:
            self.dictionary.add_item(tag)
        self.dictionary.set_start_stop_tags()
        self.crf = CRF(self.dictionary, len(self.dictionary), init_from_state_dict=False)
        self.start, self.stop = map(self.dictionary.get_idx_for_item, (START_TAG, STOP_TAG))
        n_tags = len(tagset)
        # Flair's transitions go from a column to a row.
        with torch.no_grad():
            for part, may in (
                (self.crf.transitions[:n_tags, :n_tags], tagset.may_follow.T),
                (self.crf.transitions[:n_tags, self.start], tagset.may_start),
                (self.crf.transitions[self.stop, :n_tags], tagset.may_end),
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
        return tags, self._log_marginals(scores, tags, sentences)

    def _log_marginals(
        self, scores: Tensor, tags: Tensor, sentences: Sequence[tuple[int, int]]
    ) -> Tensor:
        """Log-probability of the tag of each token, (n_tokens); the loss's gradient, plus 1."""
        # The gradient of log Z by a token's score is the marginal of the tag; the loss subtracts
        # the score of the best path, whose gradient is 1. Autograd is the forward-backward
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

    def _moves(self) -> Moves:
        """Scores of transitions from row to column; Flair's transitions go from column to row."""
        n_tags = len(self.tagset)
        moves = self.crf.transitions.detach().cpu().double().numpy()
        first, last = moves[:n_tags, self.start], moves[self.stop, :n_tags]
        return Moves(moves[:n_tags, :n_tags].T, first, last)
