"""Whether a node has the models of a study: asked of each node that may train.

What runs on a node is sent there whole (pickled by value), like the rest of the probe.
"""

from __future__ import annotations

from collections.abc import Mapping


def models_of_node(node: str, models: Mapping[str, str]) -> str | None:
    """Find each model on a node, which may download it, and return what is wrong with one, or None.

    Args:
        node: its id.
        models: by name, the fingerprint of the driver's copy.
    """
    from xlingual.errors import NodeError
    from xlingual.search.own_node import checkpoint_here

    try:
        for name, fingerprint in models.items():
            checkpoint_here(name, fingerprint)
    except NodeError as error:
        return str(error)
    return None
