from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from xlingual.errors import StudyFileError
from xlingual.study import FaqFilters, load_study


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
        ({"deny_hosts": ["("]}, r"'\(' is not a regular expression .* write \\\("),
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


STUDY = """\
name: example
question: Does it help?
model: xlm-roberta-base
data:
  train: train.json
  test: google/xquad
  faq:
    source: PaDaS-Lab/webfaq
    filters:
      near_duplicates: off
      LINE
training: {updates: 10, learning_rate: {log_uniform: [1e-5, 1e-4]}}
arms:
  baseline: {baseline: true}
search: {trials_per_arm: 4}
"""


def load(folder, line):
    path = folder / "study.yaml"
    path.write_text(STUDY.replace("LINE", line), encoding="utf-8")
    return load_study(path).data.faq.filters


def test_a_study_file_turns_filters_off_and_extends_the_deny_list(tmp_path):
    filters = load(tmp_path, "deny_hosts: [default, spam]")
    assert filters == FaqFilters(near_duplicates=None, deny_hosts=("default", "spam"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("near_duplicate: 0.8", "unknown key 'near_duplicate' in data.faq.filters; did you mean 'near_duplicates'?"),
        ("script: of", 'must be a number above 0 and at most 1, or off, found "of"; write for example script: 0.5'),
        ("answer_length: {mx: 5}", "unknown key 'mx' in data.faq.filters.answer_length; did you mean 'max'?"),
        ("topics: Health", 'must be a list of labels as the data writes them, or off, found "Health"; write'),
        ("deny_hosts: [a, 3]", "data.faq.filters.deny_hosts[1]: must be text, in quotes where it is a number, found 3"),
    ],
)
def test_a_study_file_says_what_is_wrong_at_its_line(tmp_path, line, message):
    with pytest.raises(StudyFileError) as error:
        load(tmp_path, line)
    assert [(problem.line, message in problem.message) for problem in error.value.problems] == [(11, True)]
