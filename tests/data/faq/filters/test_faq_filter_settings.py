from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from xlingual.study.faq_filters import FaqFilters


@pytest.mark.parametrize("off", ["off", False, None])
@pytest.mark.parametrize("name", sorted(FaqFilters.model_fields))
def test_every_filter_can_be_turned_off_in_three_ways(name, off):
    settings = FaqFilters.model_validate({name: off})
    assert getattr(settings, name) == getattr(FaqFilters.none(), name)
    assert settings.model_dump(exclude={name}) == FaqFilters().model_dump(exclude={name})


def test_what_needs_no_labels_is_on():
    settings = FaqFilters()
    off = {name for name in FaqFilters.model_fields if not getattr(settings, name)}
    assert off == {"similarity", "question_types", "topics"}


@pytest.mark.parametrize("settings", [FaqFilters(), FaqFilters.none()])
def test_settings_survive_json(settings):
    assert FaqFilters.model_validate(json.loads(settings.model_dump_json())) == settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"deny_hosts": ["("]}, r"'\(' is no regular expression .* write \\\("),
        ({"deny_hosts": ["a", "a"]}, "'a' is named twice"),
        ({"question_length": {"min": 30, "max": 20}}, r"min 30 is above max 20; write \{min: 20, max: 30\}"),
        ({"near_duplicate": 0.8}, "near_duplicate"),
        ({"near_duplicates": 0.1}, "near_duplicates"),
        ({"script": 0}, "script"),
        ({"rows_per_host": 0}, "rows_per_host"),
        ({"topics": []}, "topics"),
        ({"templates": 1}, "templates"),
        ({"boilerplate": {"share": 1.0}}, "share"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        FaqFilters.model_validate(wrong)
