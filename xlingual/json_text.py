"""Parse users' JSON with a single kind of error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xlingual.errors import XlingualError


def parsed(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Parse a JSON text; `pairs` is the hook that builds objects.

    Raises:
        JSONDecodeError: also if brackets are nested too deeply, or a number has too many digits for Python.
    """
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", "", 0) from None
    except ValueError:
        raise json.JSONDecodeError("a number of too many digits", "", 0) from None


def json_of_file(path: Path) -> Any:
    """Read a JSON file that the user names.

    Raises:
        XlingualError: when it cannot be read or is not JSON.
    """
    try:
        return parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise XlingualError(f"{path}: cannot be read ({error.strerror}); write the path of a JSON file") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise XlingualError(f"{path}: not JSON ({error})") from None
