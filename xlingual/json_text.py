"""JSON texts of users: whatever Python's parser cannot take is one kind of error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def parsed(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return what a JSON text holds; `pairs` makes its objects.

    Raises:
        JSONDecodeError: also where brackets are nested too deeply, or a number has too many digits for Python.
    """
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", "", 0) from None
    except ValueError:
        raise json.JSONDecodeError("a number of too many digits", "", 0) from None
