"""The page in headless Chromium: what an accessibility checker finds, and how it is printed."""

from __future__ import annotations

import html
import importlib.resources
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest


def browser() -> str:
    """Headless Chromium; the test is skipped without one."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs chromium")
    return found


@pytest.mark.real
def test_the_first_printed_page_has_the_answer_with_its_figure(storage: Path, tmp_path: Path) -> None:
    program, reader = browser(), shutil.which("pdftotext")
    if reader is None:
        pytest.skip("needs pdftotext")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path / 'user'}")
    printed = f"--print-to-pdf={tmp_path / 'page.pdf'}"
    subprocess.run([program, *options, printed, (storage / "page.html").as_uri()], capture_output=True, check=True)
    command = [reader, "-l", "1", str(tmp_path / "page.pdf"), "-"]
    first = " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "By mean F1 over 4 non-English languages" in first
    assert "Differences of F1 by language, with 95% intervals." in first


def axe() -> str:
    """The script of the accessibility checker axe-core, of the newer package if both are there."""
    for package in ("axe_playwright_python", "axe_core_python"):
        if importlib.util.find_spec(package) is not None:
            return (importlib.resources.files(package) / "axe.min.js").read_text("utf-8")
    pytest.skip("needs the package axe-core-python")


@pytest.mark.real
def test_an_accessibility_checker_finds_nothing(storage: Path, tmp_path: Path) -> None:
    program = browser()
    text = re.sub('<meta http-equiv="Content-Security-Policy".*>', "", (storage / "page.html").read_text("utf-8"))
    text = text.replace("<details>", "<details open>")
    run = "axe.run().then(r => document.documentElement.dataset.found = JSON.stringify(r.violations.map(v => v.id)))"
    scripts = f"<script>{axe()}</script><script>{run}</script>"
    (tmp_path / "page.html").write_text(text.replace("</body>", f"{scripts}</body>"), encoding="utf-8")
    for scheme in ("0", "1"):
        arguments = [
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=60000"),
            *(f"--blink-settings=preferredColorScheme={scheme}", f"--user-data-dir={tmp_path / scheme}", "--dump-dom"),
        ]
        ended = subprocess.run(
            [program, *arguments, (tmp_path / "page.html").as_uri()], capture_output=True, text=True, check=True
        )
        found = re.search(r'<html[^>]* data-found="([^"]*)"', ended.stdout)
        assert found is not None and json.loads(html.unescape(found[1])) == []
