"""What `scaling.compile` compiles is one graph: nothing falls back to Python in between.

torch traces nothing while a mode such as that of fake tensors sees its operations, so that this is traced on CPUs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from robust_families import FAMILIES

from xlingual.training.model import compiled_parts


@pytest.mark.real
@pytest.mark.filterwarnings("ignore")  # the compiler emits warnings about itself
@pytest.mark.parametrize("name", ["xlm_roberta"])
def test_what_is_compiled_is_one_graph(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name](tmp_path)
    model = family.resolved.load(0)
    graphs: list[torch.fx.GraphModule] = []

    def counted(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    torch.compiler.reset()
    parts = compiled_parts(model)
    for part in parts:
        part.compile(dynamic=True, fullgraph=True, backend=counted)
    batcher = family.resolved.family.batcher(model, family.inputs.pad_token, torch.device("cpu"), packs=False)
    for rows in (3, 2):  # other sizes are no other graph
        places = [(family.inputs.train, row) for row in range(rows)]
        targets = family.resolved.family.targets(places, torch.device("cpu"))
        run = family.resolved.family.outcome(
            model, batcher(places), targets, lambda: torch.autocast("cpu", enabled=False)
        )
        run.loss.backward()
    assert len(graphs) == len(parts)
