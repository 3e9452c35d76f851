"""Parse users' JSON with a single kind of error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


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
