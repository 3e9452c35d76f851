"""What `data.test` may be written as, and what a test set does not have."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Protocol

from xlingual.errors import DataError
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.benchmarks.own import LANGUAGE, is_file, is_pattern, of_language
from xlingual.study.document import Path
from xlingual.study.local_sets import directory_faults, own_faults
from xlingual.study.messages import did_you_mean, shown, user_error, user_errors
from xlingual.study.test_sets import USUAL, benchmark_of, name_of, source_of
from xlingual.task_metrics import SQUAD

TOY = "toy"


class Written(Protocol):
    """What a study file says of one test set."""

    @property
    def source(self) -> str:
        """Its data."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that are named; empty where the set decides."""
        ...

    @property
    def generalised(self) -> bool:
        """Whether pairs of languages are asked for."""
        ...


def as_section(value: Any) -> Any:
    """Write the short forms of `data.test` out: a set or source alone, or a list of them.

    Raises:
        ValidationError: for a list that is empty, holds anything but text, or names a set twice.
    """
    if isinstance(value, str):
        return _named(value)
    if isinstance(value, list):
        return _of_list(value)
    if isinstance(value, dict) and "source" not in value and isinstance(value.get("set"), str):
        source = source_of(value["set"])
        return {**value, "source": source} if source else value
    return _section(value)


def sources_filled(also: Any) -> Any:
    """Give every further set its section: a source alone is one, and a benchmark's name brings its own source."""
    if not isinstance(also, dict):
        return also
    return {name: _further(name, value) for name, value in also.items()}


def known_languages(name: str, source: str) -> tuple[str, ...]:
    """Languages that a test set has; of a toy set those that the toy world has of it.

    A set of the user's own has those of its files, and none where there is no file.
    """
    try:
        languages = benchmark_of(name, source).languages
    except DataError:
        return ()
    return tuple(code for code in languages if code in XQUAD_LANGUAGES) if source == TOY else languages


def faults_of(headline: str, sets: Mapping[str, Written]) -> None:
    """Refuse test sets that do not exist, and what they do not have.

    Args:
        headline: name of the first.
        sets: what the study file says of each by name.

    Raises:
        ValidationError: with each fault at its path below `data.test`.
    """
    faults = [fault for name, each in sets.items() for fault in _faults(name, each, name == headline)]
    if faults:
        raise user_errors(faults)


def _of_list(values: Sequence[Any]) -> dict[str, Any]:
    example = f"write for example [{', '.join(list(BENCHMARKS)[:2])}]"
    if not values:
        raise user_error(f"names no test set; {example}")
    for place, value in enumerate(values):
        if not isinstance(value, str) or not value.strip():
            message = f"must be the name or the source of a test set, found {shown(value)}; {example}, or a mapping"
            raise user_errors([((place,), message)])
    sets = [_named(value, (place,)) for place, value in enumerate(values)]
    names = [one.get("set") or name_of(one["source"]) for one in sets]
    for place, name in enumerate(names):
        if name in names[:place]:
            message = f"names the test set {name} a second time; delete one, or write also: {{NAME: SOURCE}}"
            raise user_errors([((place,), message)])
    also = {name: {"source": one["source"]} for name, one in list(zip(names, sets, strict=True))[1:]}
    return {**sets[0], "also": also}


def _named(written: str, path: Path = ()) -> dict[str, str]:
    """The section of a set or source alone; a benchmark's name is kept, for several may share a hub id."""
    source = _source(written, path)
    return {"set": written, "source": source} if written in BENCHMARKS else {"source": source}


def _further(name: Any, value: Any) -> Any:
    if isinstance(value, str):
        return {"source": _source(value)}
    if value is None or (isinstance(value, dict) and "source" not in value):
        source = source_of(str(name))
        return {**(value or {}), **({"source": source} if source else {})}
    return _section(value)


def _section(value: Any) -> Any:
    """A section with the source that is meant; a single file's language is put into it."""
    if not isinstance(value, dict) or not isinstance(value.get("source"), str):
        return value
    source, languages = _source(value["source"]), value.get("languages")
    code = languages[0] if isinstance(languages, list | tuple) and len(languages) == 1 else None
    if isinstance(code, str) and is_file(source) and value.get("set") not in BENCHMARKS:
        source = of_language(source, code)
    return {**value, "source": source}


def _source(written: str, path: Path = ()) -> str:
    """The source that is meant: a benchmark's name means its hub id.

    Raises:
        ValidationError: for what is nearly a benchmark's name.
    """
    if written in BENCHMARKS:
        return source_of(written) or written
    near = get_close_matches(written.lower(), BENCHMARKS, n=1)
    if near and not os.path.exists(os.path.expanduser(written)):
        raise user_errors([(path, f"unknown test set {written!r}; did you mean {near[0]!r}?")])
    return written


def _faults(name: str, each: Written, headline: bool) -> Iterator[tuple[Path, str]]:
    path: Path = () if headline else ("also", name)
    fault = _unknown(name, each.source)
    if fault:
        yield (*path, "set") if headline else path, fault
        return
    if is_file(each.source) and name not in BENCHMARKS:
        yield (*path, "source"), _without_language(each)
        return
    own = name not in BENCHMARKS and each.source != TOY
    known = known_languages(name, each.source)
    if own and not known and not each.languages:
        yield (*path, "source"), f"{each.source}: no file is there; write the path of a file, its code as {LANGUAGE}"
    if own and (not known or each.languages):
        yield from (((*path, *place), fault) for place, fault in own_faults(each.source, each.languages))
        return
    title = f"the toy world's {name}" if each.source == TOY else benchmark_of(name, each.source).title
    for place, code in enumerate(each.languages):
        if code not in known:
            yield (*path, "languages", place), f"{title} has no {code!r}; its languages are {', '.join(known)}"
    if name in BENCHMARKS and set(each.languages) <= set(known):
        found = directory_faults(BENCHMARKS[name], each.source)
        yield from (((*path, *place), fault) for place, fault in found)
    if each.generalised and not benchmark_of(name, each.source).is_parallel:
        parallel = [one.title for one in BENCHMARKS.values() if one.is_parallel]
        message = f"{title} does not have the same examples in every language, so no pair of languages can be made"
        remedy = f" (parallel are {', '.join(parallel)})" if parallel else ""
        yield (*path, "generalised"), f"{message}{remedy}; delete this line"


def _without_language(each: Written) -> str:
    """What to write for a single file, which holds the questions of one language."""
    if each.languages:
        codes = ", ".join(each.languages)
        return (
            f"{each.source} is one file, and languages: [{codes}] names {len(each.languages)}; name one language, or "
            f"have a file for each and write a path with {LANGUAGE} in the place of the code"
        )
    return f"{each.source} is one file; name its language: {{source: {each.source}, languages: [fi]}}"


def _unknown(name: str, source: str) -> str | None:
    """Say that there is no such test set."""
    if source == TOY:
        toys = [one.name for one in BENCHMARKS.values() if one.name == USUAL or one.metrics.task != SQUAD.task]
        toyless = name in BENCHMARKS and name not in toys
        return f"the toy world has no {name}; it has {', '.join(toys)}" if toyless else None
    if name in BENCHMARKS and is_pattern(source):
        title = BENCHMARKS[name].title
        return f"{name} is the name of {title}, and {source} is a set of your own; name it otherwise, such as my_{name}"
    if name in BENCHMARKS or is_pattern(source) or is_file(source):
        return None
    own = f"for a set of your own write a path with {LANGUAGE} as its source, for example data/{LANGUAGE}.json"
    return f"unknown test set {name!r}; {did_you_mean(name, tuple(BENCHMARKS)).removesuffix('?')}; {own}"
