"""All lengths that a study states, of which a model's family takes its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from xlingual.study.pairs import PairSettings
from xlingual.study.text_to_text import TextToTextSettings
from xlingual.study.windows import WindowSettings


@dataclass(frozen=True, slots=True)
class StudyLengths:
    """Lengths of a study by the section that states them.

    Attributes:
        windows: of encoders that answer questions.
        text_to_text: of models that write text; None in them where the model's family decides.
        pairs: of encoders that classify pairs of sentences.
    """

    windows: WindowSettings = field(default_factory=WindowSettings)
    text_to_text: TextToTextSettings = field(default_factory=TextToTextSettings)
    pairs: PairSettings = field(default_factory=PairSettings)
