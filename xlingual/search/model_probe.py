"""Whether a node has the models of a study: asked of each node that may train.

What runs on a node is sent there whole (pickled by value), like the rest of the probe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlingual.search.own_node import Expected


def models_of_node(node: str, expected: Expected) -> str | None:
    """Find each model on a node, which may download it, and return what is wrong with one, or None.

    Args:
        node: its id.
        expected: what it has in common with the driver.
    """
    from xlingual.errors import NodeError
    from xlingual.search.own_node import make_toy_world, model_here

    try:
        make_toy_world(expected)
        for name, fingerprint in expected.models.items():
            model_here(name, fingerprint)
    except NodeError as error:
        return str(error)
    return None
