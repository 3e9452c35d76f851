"""What answers with sentinels say of a model."""

from __future__ import annotations

from collections.abc import Mapping

from xlingual.tasks.question_answering import SENTINELS


def sentinel_notes(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Say what share of each language's answers held sentinels, and what that means; nothing where none did.

    Args:
        scores: by language.
    """
    found = {code: part[SENTINELS] for code, part in scores.items() if part.get(SENTINELS)}
    if not found:
        return []
    shares = ", ".join(f"{code} {share:.1f}%" for code, share in found.items())
    return [
        f"answers held sentinels (<extra_id_0> and the like), which were left out: {shares}; the model looks "
        "pretrained only, because these mark masked spans in pretraining: fine-tune it for question answering first"
    ]
