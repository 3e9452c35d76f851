"""How fast a stage goes: passes (or items) done by this process, and when the last of them was seen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Work:
    """Counts units of work, passes through the model or items; times are seconds since the stage began."""

    done: int = 0
    seen_at: float = 0.0
    reached: dict[str, int] = field(default_factory=dict)
    resumed: set[str] = field(default_factory=set)

    def begin(self, key: str, resumed: bool) -> None:
        """A trial starts; one that is resumed has done passes before, how many its first report tells."""
        if resumed:
            self.resumed.add(key)

    def advance(self, key: str, passes: int, at: float) -> None:
        """A trial has reached `passes`; what an earlier process did, or what is done a second time, does not count."""
        gained = passes - self.reached.get(key, 0)
        if gained <= 0:
            return
        self.reached[key] = passes
        if key in self.resumed:
            self.resumed.remove(key)
        else:
            self._count(gained, at)

    def item(self, at: float) -> None:
        """One item of a stage that does not train was done."""
        self._count(1, at)

    def seconds_left(self, left: float, now: float) -> float | None:
        """Seconds for `left` units at the speed so far, counted from the last unit seen; None before the first."""
        if self.done == 0 or self.seen_at <= 0.0:
            return None
        return max(0.0, left * self.seen_at / self.done - (now - self.seen_at))

    def _count(self, units: int, at: float) -> None:
        self.done += units
        self.seen_at = at
