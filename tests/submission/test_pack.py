"""What is sent to a cluster: the project's files, without data, environments, records and secrets."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import XlingualError
from xlingual.study import Study, load_study
from xlingual.submission import pack as packing
from xlingual.submission.pack import pack

STUDY = Path(__file__).parents[2] / "studies" / "baselines.yaml"
SENT = {"code/model.py": "x = 1", "studies/a.yaml": "name: a", "lexicons/de.csv": "a,b"}
LEFT = (
    ".git/config", ".env", ".venv/pyvenv.cfg", "venv/pyvenv.cfg", "venv/lib/torch.py", "code/__pycache__/model.pyc",
    "xlingual_studies/toy/journal.jsonl", "xlingual_studies/toy/study.json", "project.egg-info/PKG-INFO", "build/x.py",
)  # fmt: skip


@pytest.fixture
def study() -> Study:
    return load_study(str(STUDY))


def written(root: Path, *names: str, size: int = 3) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in SENT.items():
        written(tmp_path, name)
        (tmp_path / name).write_text(text)
    written(tmp_path, *LEFT)
    return tmp_path


def test_data_environments_records_and_hidden_files_are_left_out(project: Path, study: Study) -> None:
    assert pack(project, study).files == tuple(sorted(SENT))


def test_what_git_ignores_is_left_out_unless_the_study_names_it(project: Path) -> None:
    (project / ".git" / "config").unlink()
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    (project / ".gitignore").write_text("notes/\nmine/\n")
    written(project, "notes/long.txt", "mine/train.json")
    study = load_study(str(STUDY), ["data.train=mine/train.json"])
    assert pack(project, study).files == tuple(sorted([*SENT, "mine/train.json"]))


def test_a_pattern_with_languages_is_sent_with_its_folder(project: Path) -> None:
    written(project, ".data/xquad.es.json", ".data/xquad.de.json")
    study = load_study(str(STUDY), ["data.test={source: '.data/xquad.{language}.json', languages: [de, es]}"])
    assert {".data/xquad.es.json", ".data/xquad.de.json"} <= set(pack(project, study).files)


def test_large_files_are_named_and_not_sent(project: Path, study: Study, monkeypatch: Any, by_letter: Any) -> None:
    monkeypatch.setattr(packing, "MOST_OF_FILE", 200_000)
    written(project, "a.bin", size=200_001)
    written(project, *(f"b{number}.bin" for number in range(5)), size=300_000)
    packed = pack(project, study)
    assert packed.files == tuple(sorted(SENT))
    by_letter("\n".join(packed.in_words()).replace(str(project), "PROJECT"))


def test_a_large_file_that_the_study_needs_is_refused(project: Path, monkeypatch: Any, by_letter: Any) -> None:
    monkeypatch.setattr(packing, "MOST_OF_FILE", 2_000_000)
    written(project, "squad/train.json", size=2_500_000)
    study = load_study(str(STUDY), ["data.train=squad/train.json"])
    with pytest.raises(XlingualError) as error:
        pack(project, study)
    by_letter(str(error.value))


def test_too_much_is_refused_with_the_largest_folders(
    project: Path, study: Study, monkeypatch: Any, by_letter: Any
) -> None:
    monkeypatch.setattr(packing, "MOST_OF_ALL", 100_000)
    written(project, "corpus/one.txt", "corpus/two.txt", size=100_000)
    with pytest.raises(XlingualError) as error:
        pack(project, study)
    by_letter(str(error.value).replace(str(project), "PROJECT"))


def test_the_same_files_give_the_same_archive_and_another_study_another_job(project: Path, study: Study) -> None:
    packed, again = pack(project, study), pack(project, study)
    assert packed.archive({"request.json": "{}"}) == again.archive({"request.json": "{}"})
    assert packed.fingerprint("/mnt") == again.fingerprint("/mnt")
    prints = {packed.fingerprint("/mnt"), packed.fingerprint("/other"), packed.fingerprint("/mnt", "a=1")}
    (project / "code" / "model.py").write_text("x = 2")
    assert len(prints | {pack(project, study).fingerprint("/mnt")}) == 4


def test_the_archive_has_the_files_the_study_and_what_lies_beside(project: Path, study: Study) -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(project, study).archive({"request.json": "{}"}))) as tar:
        names = tar.getnames()
        found = tar.extractfile("project/study.yaml")
        assert found is not None and found.read().decode() == STUDY.read_text()
    assert sorted(names) == sorted(["request.json", "project/study.yaml", *(f"project/{name}" for name in SENT)])


@pytest.mark.parametrize("path", ["../outside.json", "/etc/passwd", "s3://bucket/train.json"])
def test_nothing_outside_of_the_project_is_sent(project: Path, path: str) -> None:
    written(project.parent, "outside.json")
    study = load_study(str(STUDY), [f"data.train={path}"])
    assert pack(project, study).files == tuple(sorted(SENT))
