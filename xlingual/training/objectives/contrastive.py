"""InfoNCE between questions and their answers: its examples, its draw, its inputs and its loss.

Van den Oord et al., arXiv 1807.03748, equation 4, with the other answers of a micro-batch as negatives, in both
directions. Vectors are means of the last hidden states, without a projection head: it is the encoder's own states that
are to be aligned over languages. A known pitfall is that a pooled objective wears down what single tokens tell, which
spans live on; so beside the span loss its weight is low (0.1 by default). Negatives come from one micro-batch only, so
that no number depends on the workers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.data.mixture import draw_mixture
from xlingual.errors import DataError
from xlingual.families.batches import Batch
from xlingual.models.masked_language_model import base_encoder
from xlingual.models.mean_pooling import mean_pooled
from xlingual.models.on_device import on_device
from xlingual.models.outcome import Outcome
from xlingual.seeds import stream_seed
from xlingual.study import TrialConfiguration
from xlingual.training.objectives.objective import (
    Indices,
    ItemRef,
    LossTools,
    Objective,
    PassTools,
    Reduction,
    pairs_of,
)
from xlingual.training.objectives.pair_texts import laid_out

FEWEST_PAIRS = 2
"""Pairs that an update needs for one to be held against another."""


class Contrastive(Objective):
    """Brings the vectors of a question and its answer together, and those of other pairs' texts apart."""

    name: ClassVar[str] = "contrastive"
    encoder_only: ClassVar[bool] = True
    whole_micro_batches: ClassVar[bool] = True  # every pair is held against all others

    def __init__(self, configuration: TrialConfiguration) -> None:
        super().__init__(configuration)
        settings = self.mixture.recipe.contrastive
        assert settings is not None
        self._temperature = settings.temperature
        self.weight = 1.0 if self.mixture.schedule == "then" else settings.weight

    def draw(
        self, sizes: Sequence[int], weights: Sequence[float], counts: Indices, names: Sequence[str]
    ) -> tuple[Indices, Indices]:
        """Draw from one source in each update, see `draw_by_update`.

        Raises:
            DataError: when an update has too few pairs, with what to write instead.
        """
        self._check_pairs(counts)
        seed = stream_seed(self.configuration.seed, "order")
        return draw_by_update(sizes, weights, counts[counts > 0], seed, names)

    def groups(self, places: Sequence[ItemRef], lengths: Indices, size: int) -> list[Indices]:
        """See `host_groups`."""
        return host_groups(np.asarray([source.host[item] for source, item in pairs_of(places)]), size)

    def inputs(
        self, places: Sequence[ItemRef], stream: tuple[int, ...], tools: PassTools, reduction: Reduction
    ) -> tuple[tuple[Batch, ...], Mapping[str, Tensor]]:
        """Make the questions and the answers of a micro-batch, each a text by itself.

        Returns:
            batches of texts of like length, and `restore` (2 x pairs,), which puts their vectors end to end into the
            order of questions, then answers, and `same` (pairs, pairs), see `masked_cosines`.
        """
        pairs = pairs_of(places)
        ids = [source.text(i, part) for part in (0, 1) for source, i in pairs]
        question_type = pairs[0][0].token_types[:1]  # a text alone has the type of a pair's first token throughout
        texts = laid_out(ids, [np.repeat(question_type, len(text)) for text in ids])
        groups = tools.cut(texts.lengths)
        same = not_negatives(
            np.asarray([source.question_key[i] for source, i in pairs]),
            np.asarray([source.answer_key[i] for source, i in pairs]),
        )
        restore = np.argsort(np.concatenate(groups), kind="stable")
        targets = {"restore": restore, "same": same}
        batches = tuple(tools.batcher([(texts, int(i)) for i in group]) for group in groups)
        return batches, {name: on_device(target, tools.device) for name, target in targets.items()}

    def outcome(self, tools: LossTools, batches: Sequence[Batch], targets: Mapping[str, Tensor]) -> Outcome:
        """See `info_nce`. All texts of the micro-batch stay in memory until its backward pass."""
        encoder = base_encoder(tools.model)
        vectors = []
        for batch in batches:
            with tools.autocast():
                hidden = encoder(**batch.inputs)[0]
            vectors.append(mean_pooled(hidden, batch.lengths, packed=batch.packed))
        questions, answers = torch.cat(vectors)[targets["restore"]].chunk(2)
        cosines = masked_cosines(questions, answers, targets["same"], self._temperature)
        return Outcome(info_nce(cosines), (cosines, cosines.T))

    def _check_pairs(self, counts: Indices) -> None:
        mixture, batch = self.mixture, self.configuration.training.batch_size
        fewest = int(counts.min()) if mixture.schedule == "mix" else batch
        if fewest >= FEWEST_PAIRS:
            return
        most = math.ceil(FEWEST_PAIRS / batch * 1e4) / 1e4
        larger = math.ceil(FEWEST_PAIRS / mixture.faq_share)
        remedy = (
            f"write faq_share: {most:g} or more, or a batch_size of {larger} or more"
            if mixture.schedule == "mix" and most <= 1
            else f"write a batch_size of {FEWEST_PAIRS} or more"
        )
        raise DataError(
            f"mixture.faq_share: {mixture.faq_share:g} of a batch of {batch} leaves an update {fewest} question and "
            f"answer pairs, and the recipe contrastive needs {FEWEST_PAIRS}; {remedy}"
        )


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


def draw_by_update(
    sizes: Sequence[int], weights: Sequence[float], counts: Indices, seed: int, names: Sequence[str]
) -> tuple[Indices, Indices]:
    """Draw from one source in each update: (source index, item index), both (sum of counts,).

    Sources get updates in proportion to their weights, exactly (largest remainder), in an order that is a seeded
    permutation. Each is gone through in permutations, one an epoch, as `draw_mixture` does.
    """
    of_update, _ = draw_mixture(sizes, weights, len(counts), seed, names)
    source = np.repeat(of_update, counts)
    item = np.zeros(len(source), dtype=np.int64)
    for index in np.unique(of_update).tolist():
        mine = source == index
        _, item[mine] = draw_mixture([sizes[index]], [1.0], int(mine.sum()), seed, [names[index]])
    return source, item
