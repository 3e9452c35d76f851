"""The search: sampler, trial drivers and workers; the only place that knows Ray."""
