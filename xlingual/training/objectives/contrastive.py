"""InfoNCE between questions and their answers.

Van den Oord et al., arXiv 1807.03748, equation 4, with the other answers of a micro-batch as negatives, in both
directions. Vectors are means of the last hidden states, without a projection head: it is the encoder's own states that
are to be aligned over languages. A known pitfall is that a pooled objective wears down what single tokens tell, which
spans live on; so beside the span loss its weight is low (0.1 by default). Negatives come from one micro-batch only, so
that no number depends on the workers.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def masked_cosines(questions: Tensor, answers: Tensor, same: Tensor, temperature: float) -> Tensor:
    """Cosines of every question and every answer over the temperature, (pairs, pairs), float32.

    Args:
        questions: vectors of any length, (pairs, width), float32.
        answers: the same of the answers.
        same: True where two different pairs are not to be held against one another, (pairs, pairs): -inf there.
        temperature: that cosines are divided by.
    """
    questions, answers = (nn.functional.normalize(part, dim=-1) for part in (questions, answers))
    return (questions @ answers.T / temperature).masked_fill(same, -torch.inf)


def info_nce(cosines: Tensor) -> Tensor:
    """Sum over pairs of the mean of two cross-entropies: of the answer given the question, and the other way round.

    Args:
        cosines: as `masked_cosines` gives them, (pairs, pairs).

    Returns:
        (), float32; 0 for a pair that nothing is held against.
    """
    own = torch.arange(len(cosines), device=cosines.device)
    directions = [nn.functional.cross_entropy(one, own, reduction="sum") for one in (cosines, cosines.T)]
    return (directions[0] + directions[1]) / 2


def not_negatives(question_keys: NDArray[np.int64], answer_keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True where two different pairs have the same question or the same answer, (pairs, pairs)."""
    same: NDArray[np.bool_] = (question_keys[:, None] == question_keys) | (answer_keys[:, None] == answer_keys)
    np.fill_diagonal(same, False)
    return same


def host_groups(hosts: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Cut an update's pairs into micro-batches that hold at most two of one host.

    There are as few as that and `size` allow, of sizes that differ by one at most, and none has fewer than two pairs.
    That comes first: where all of an update's pairs are one host's and odd in number, or `size` is 1, a micro-batch
    holds one pair more. Few hosts therefore mean small micro-batches, and few negatives.

    Args:
        hosts: of each pair, two or more, (pairs,).
        size: most pairs of a micro-batch.

    Returns:
        indices of each micro-batch's pairs; each pair is in one.
    """
    _, first, which, counts = np.unique(hosts, return_index=True, return_inverse=True, return_counts=True)
    most = int(counts.max())
    groups = min(max(-(-len(hosts) // size), -(-most // 2)), len(hosts) // 2)
    order = np.lexsort((first[which], -counts[which]))  # pairs of one host side by side, hosts of many pairs first
    return [np.sort(order[group::groups]) for group in range(groups)]
