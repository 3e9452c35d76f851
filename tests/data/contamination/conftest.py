from __future__ import annotations

import pytest

from xlingual.data.examples import Example

CONTEXTS = {
    "en": "The harbour of Lisenna was dug by hand in nine winters. Its oldest wharf still carries the names of the "
    "forty guilds that paid for the stone, among them weavers and rope makers.",
    "de": "Der Hafen von Lisenna wurde in neun Wintern von Hand gegraben. Sein ältester Kai trägt noch heute die Namen "
    "der vierzig Zünfte, die den Stein bezahlten, unter ihnen Weber und Seiler.",
    "zh": "利森纳港是在九个冬天里用手挖成的。它最古老的码头至今还刻着四十个出钱买石头的行会的名字，其中有织工和绳匠。",
    "ar": "حُفِر ميناء ليسينا باليد في تسعة فصول شتاء. وما زال أقدم رصيف فيه يحمل "
    "أسماء النقابات الأربعين التي دفعت ثمن الحجر.",
}
QUESTION = "How many winters did the digging of the harbour take?"
IDENTITY = "0123456789abcdef01234567"


def sealed(code: str) -> Example:
    """The single question of the made-up test set in a language."""
    return Example(IDENTITY, QUESTION, CONTEXTS[code], ("?",), (0,), code, "Harbour_of_Lisenna", IDENTITY)


@pytest.fixture(scope="session")
def sealed_examples() -> list[Example]:
    """A made-up test set: one paragraph and one question in four languages."""
    return [sealed(code) for code in CONTEXTS]
