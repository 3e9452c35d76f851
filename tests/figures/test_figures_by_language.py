"""The figure of differences by language, and how figures are written."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from xlingual.errors import DataError
from xlingual.figures.languages import language_differences
from xlingual.figures.style import COLOURS, MARKERS, looks, save, svg
from xlingual.report.summary import Summary, summarize


@pytest.fixture
def summary(studies: ModuleType, tmp_path: Path) -> Summary:
    gains = {"webfaq": 20.0, "noise": 0.0}
    builder = studies.study_of_searches(tmp_path, gains, languages=("en", "de", "th"), questions=12)
    return summarize(builder.directory.path)


def test_a_dot_lies_at_every_difference_with_its_interval(summary: Summary) -> None:
    panel = language_differences({"small": summary}).axes[0]
    gaps = [gap["f1"] for arm in ("webfaq", "noise") for gap in summary.differences[arm].values()]
    dots = panel.containers
    assert [float(dot.lines[0].get_xdata()[0]) for dot in dots] == pytest.approx([gap.estimate for gap in gaps])
    ends = [dot.lines[2][0].get_segments()[0][:, 0] for dot in dots]
    assert [tuple(end) for end in ends] == [pytest.approx((gap.low, gap.high)) for gap in gaps]
    filled = [dot.lines[0].get_markerfacecolor() != "white" for dot in dots]
    assert filled == [gap.different for gap in gaps] and 0 < sum(filled) < len(filled)
    assert [label.get_text() for label in panel.get_yticklabels()] == ["en", "de", "th", "mean"]
    assert panel.get_title().startswith("small\nF1 minus baseline (late) [95% interval]")
    assert summary.late == ("baseline", "webfaq", "noise")
    assert list(dict.fromkeys(panel.get_legend_handles_labels()[1])) == ["webfaq (late)", "noise (late)"]


def test_without_a_second_arm_there_is_nothing_to_draw(studies: ModuleType, tmp_path: Path) -> None:
    alone = studies.finished_study(tmp_path, ("baseline",), questions=10, test={"languages": ["en", "de"]})
    with pytest.raises(DataError, match="no difference to draw"):
        language_differences({"small": summarize(alone.directory.path)})


def test_the_same_figure_gives_the_same_file_with_text_as_text(summary: Summary, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg", "one.png", "one.pdf"):
        save(language_differences({"<small>": summary}), tmp_path / "new" / name)
    first = (tmp_path / "new" / "one.svg").read_bytes()
    assert first == (tmp_path / "new" / "two.svg").read_bytes()
    assert (tmp_path / "new" / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "new" / "one.pdf").read_bytes().startswith(b"%PDF")
    texts = [element.text for element in ElementTree.fromstring(first).iter("{http://www.w3.org/2000/svg}text")]
    assert "webfaq (late)" in texts and "<small>" in texts
    inline = svg(language_differences({"<small>": summary}))
    assert inline.startswith("<svg") and "<small>" not in inline and "&lt;small&gt;" in inline


def test_another_ending_is_refused(summary: Summary, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot draw a \.docx; name a \.svg, \.png or \.pdf file"):
        save(language_differences({"small": summary}), tmp_path / "figure.docx")


def test_sixteen_arms_look_different() -> None:
    found = looks(f"arm {number}" for number in range(16))
    assert len({(look["color"], look["marker"]) for look in found.values()}) == 16
    assert len(COLOURS) == len(MARKERS) == 8
