"""How much of what a GPU computes is padding: micro-batches of the shipped studies, whole and as they are cut.

    python tests/benchmarks/padding.py --tokenizer DIR --train FILE.json

The updates of every arm that trains on GPUs are laid out as a trial lays them out, and counted; no model runs. English
training examples alone: an arm's FAQ examples are not counted. Where a model's windows share a row there is no padding;
what is counted is what holds for all others, text-to-text models among them. These are laid out with the same
tokenizer, in default lengths of mT5.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.yaml"))


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> None:
    """Print one row per kind of training in each study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizer", required=True, help="directory of a checkpoint; its tokenizer alone is read")
    parser.add_argument("--train", required=True, type=Path, help="English questions in SQuAD format")
    parser.add_argument("--updates", type=int, default=200, help="that are counted (default: %(default)s)")
    asked = parser.parse_args(arguments)

    from xlingual.data.squad import load_squad
    from xlingual.families.extractive.extractive_family import Extractive
    from xlingual.families.text_to_text.text_to_text_family import USUAL, lengths_of_sequences
    from xlingual.models.encoder import load_tokenizer
    from xlingual.study import FamilyDefaults, arm_space, load_study
    from xlingual.tokens.sequence_cutter import make_sequences

    tokenizer, examples = load_tokenizer(Path(asked.tokenizer)), load_squad(str(asked.train)).examples
    sequences = make_sequences(ending_only(asked.tokenizer), examples, **lengths_of_sequences(USUAL, True))
    table = Table("study", "arms", "inputs", "update", "micro-batch", "padding: whole", "cut", "passes: whole", "cut",
                  "largest pass: whole", "cut")  # fmt: skip
    for path in STUDIES:
        study = load_study(path)
        if study.scaling.gpus_per_worker == 0:
            continue
        kinds: dict[Any, list[str]] = defaultdict(list)
        for name, arm in study.arms.items():
            training, texts = arm_space(study, name)["training"], "mt5" in str(arm.model or study.model)
            kinds[texts, training["batch_size"], training["micro_batch_size"]].append(name)
        windows = Extractive().inputs(tokenizer, examples, study.windows, targets=True)
        for (texts, batch, micro), arms in kinds.items():
            traits = FamilyDefaults(USUAL) if texts else FamilyDefaults(study.windows)
            found = counted(traits, sequences if texts else windows, batch, micro, asked.updates)
            table.add_row(
                study.name, " ".join(arms), "sequences" if texts else "windows", str(batch), str(micro), *found
            )
    (console or Console(width=160)).print(table)


def ending_only(directory: str) -> Any:
    """The tokenizer with T5's special tokens: one at the end of a text."""
    from tokenizers.processors import TemplateProcessing

    from xlingual.models.encoder import load_tokenizer

    tokenizer = load_tokenizer(Path(directory))
    end = (tokenizer.eos_token, tokenizer.eos_token_id)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"$A {end[0]}", special_tokens=[end])
    return tokenizer


def counted(traits: Any, inputs: Any, batch: int, micro: int, updates: int) -> list[str]:
    """Shares of padding, passes an update and tokens of the largest pass: whole micro-batches, and cut."""
    from xlingual.families.pass_limits import MOST_PADDING, TOKENS_PER_PASS, PassLimits
    from xlingual.speed.training_speed import trial_configuration
    from xlingual.training.order import training_order

    order = training_order(trial_configuration(traits, updates, batch, micro, "fp32"), inputs, {})
    sides = (PassLimits(1 << 40), PassLimits(TOKENS_PER_PASS["cuda"], MOST_PADDING))
    columns = []
    for limits in sides:
        tokens, padded = 0, list[int]()
        for update in range(updates):
            for part in order.micro_batches(update):
                for places in order.passes(part.places, limits):
                    written = np.array([source.target_tokens(item) for source, item in places])
                    read = np.array([int(source.lengths[item]) for source, item in places])
                    tokens += int((read + written).sum())
                    padded.append(len(places) * int(read.max() + written.max()))
        columns.append((f"{1 - tokens / sum(padded):.1%}", f"{len(padded) / updates:.1f}", f"{max(padded):,}"))
    return [figure for pair in zip(*columns, strict=True) for figure in pair]


if __name__ == "__main__":
    main()
