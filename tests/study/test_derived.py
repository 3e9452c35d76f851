from __future__ import annotations

import copy
import pickle
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from xlingual.study import Choice, Integer, Uniform
from xlingual.study.derived import COMPUTED, FIXED, MILDEST_LOW, OF_FAMILY, PARTIAL, VOIDABLE, Partial, Space, space_of
from xlingual.study.leaves import Count, Share
from xlingual.study.section import Section
from xlingual.study.tunable import as_tree


class InnerSettings(Section):
    """A section without required keys."""

    rate: Share = 0.5
    count: Count | None = None


class StrictSettings(Section):
    """A section with a required key."""

    count: Count


class OuterSettings(Section):
    """Every mark once."""

    budget: Annotated[Count, FIXED]
    share: Annotated[Share, MILDEST_LOW]
    decay: Annotated[Share, OF_FAMILY] = 0.1
    radius: Annotated[Share | None, VOIDABLE] = 0.2
    names: Annotated[tuple[str, ...], COMPUTED] = ()
    inner: InnerSettings
    part: Annotated[InnerSettings | None, PARTIAL] = None
    strict: StrictSettings | None = None


WHOLE = {"budget": 5, "share": {"uniform": [0, 1]}}


def test_a_space_has_the_keys_and_defaults_of_its_settings_and_takes_search_spaces() -> None:
    outer = Space[OuterSettings].model_validate({**WHOLE, "inner": {"count": {"integer": [1, 3]}}})
    assert type(outer).__name__ == "OuterSpace" and type(outer).__doc__ == OuterSettings.__doc__
    assert set(type(outer).model_fields) == set(OuterSettings.model_fields) - {"names"}
    assert as_tree(outer) == {
        "budget": 5,
        "share": Uniform(0, 1),
        "decay": None,
        "radius": 0.2,
        "inner": {"rate": 0.5, "count": Integer(1, 3)},
        "part": None,
        "strict": None,
    }


def test_a_section_without_required_keys_may_be_left_out() -> None:
    assert as_tree(Space[OuterSettings].model_validate(WHOLE))["inner"] == {"rate": 0.5, "count": None}
    with pytest.raises(ValidationError, match="count"):
        Space[OuterSettings].model_validate({**WHOLE, "strict": {}})


def test_a_section_may_be_a_choice_of_sections() -> None:
    options = {"off": None, "on": {"rate": {"choice": [0.1, 0.2]}}}
    outer = Space[OuterSettings].model_validate({**WHOLE, "part": {"choice": options}})
    assert as_tree(outer)["part"] == Choice((None, {"rate": Choice((0.1, 0.2))}), ("off", "on"))


@pytest.mark.parametrize(
    "change",
    [
        {"budget": {"integer": [1, 2]}},
        {"budget": None},
        {"radius": None},
        {"names": ["a"]},
        {"inner": None},
        {"share": {"uniform": [0, 2]}},
    ],
)
def test_a_space_refuses_what_its_marks_exclude(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Space[OuterSettings].model_validate({**WHOLE, **change})


def test_a_partial_space_requires_nothing_and_holds_what_is_set() -> None:
    assert as_tree(Partial[OuterSettings].model_validate({})) == {}
    outer = Partial[OuterSettings].model_validate({"share": 1, "part": {"rate": 0}})
    assert as_tree(outer) == {"share": 1.0, "part": {"rate": 0.0}}
    properties = Partial[OuterSettings].model_json_schema()["properties"]
    assert set(properties) == set(OuterSettings.model_fields) - {"names"}
    assert not any("default" in leaf for leaf in properties.values())


def test_a_space_is_derived_once_and_survives_pickling_and_copying() -> None:
    assert Space[OuterSettings] is space_of(OuterSettings) is not Partial[OuterSettings]
    for outer in (Space[OuterSettings].model_validate(WHOLE), Partial[OuterSettings].model_validate({"part": {}})):
        for again in (pickle.loads(pickle.dumps(outer)), copy.deepcopy(outer)):
            assert again == outer and type(again) is type(outer)
            assert again.model_fields_set == outer.model_fields_set
