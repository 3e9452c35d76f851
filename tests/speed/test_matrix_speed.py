from __future__ import annotations

import torch

from xlingual.speed import matrix
from xlingual.speed.matrix import matrix_gflops


def test_the_speed_is_operations_over_the_fastest_time(monkeypatch):
    seconds = {512: 0.001, 1024: 0.004, 2048: 0.1}
    monkeypatch.setattr(matrix, "_fastest", lambda size, kind, device: seconds[size])
    assert matrix_gflops("fp32", torch.device("cpu")) == 2 * 1024**3 / 0.004 / 1e9


def test_the_products_are_of_the_precision_that_is_asked_and_threads_are_given_back(monkeypatch):
    seen = []

    def fastest(size, kind, device):
        seen.append((size, kind, torch.get_num_threads()))
        return 1.0

    monkeypatch.setattr(matrix, "_fastest", fastest)
    before = torch.get_num_threads()
    matrix_gflops("bf16", torch.device("cpu"), threads=before + 1)
    matrix_gflops("fp32", torch.device("cpu"))
    assert seen == [(512, torch.bfloat16, before + 1), (512, torch.float32, before)]
    assert torch.get_num_threads() == before


def test_a_product_takes_time():
    assert 0 < matrix._fastest(64, torch.float32, torch.device("cpu")) < float("inf")
