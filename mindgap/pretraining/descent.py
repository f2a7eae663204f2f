"""AdamW with a linear rise and fall of the learning rate: shared by both pre-trainings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from mindgap.encoders.base import Progress
from mindgap.pretraining.state import Curve, load_state, save_state

CLIP = 1.0


@dataclass(frozen=True)
class Part:
    """Weights that are trained alike.

    Attributes:
        rate: their highest learning rate.
        first: the step from which they are trained; their rate rises from there.
    """

    weights: Iterable[torch.nn.Parameter]
    rate: float
    first: int = 0


def adamw(parts: Sequence[Part], weight_decay: float) -> torch.optim.AdamW:
    """AdamW over the trainable weights; matrices decay, biases and norms do not (Loshchilov & Hutter, 2019)."""
    groups = []
    for part in parts:
        trained = [p for p in part.weights if p.requires_grad]
        for weights, decay in (
            ([p for p in trained if p.ndim > 1], weight_decay),
            ([p for p in trained if p.ndim <= 1], 0.0),
        ):
            groups.append({"params": weights, "lr": part.rate, "weight_decay": decay, "first": part.first})
    return torch.optim.AdamW([group for group in groups if group["params"]], betas=(0.9, 0.98), fused=True)


def scale(step: int, steps: int, warmup: float, first: int = 0) -> float:
    """Share of the highest learning rate at `step` (from 0).

    Nothing before `first`, then a linear rise over `warmup` (a share of the steps), then a fall to zero at the end.
    """
    if step < first:
        return 0.0
    rise = max(1, round(warmup * steps))
    top = first + rise
    return (step - first + 1) / rise if step < top else max(0.0, (steps - step) / max(1, steps - top))


class Descent:
    """The steps of one training, saved and taken up again.

    Args:
        step_loss: number of the step from 0 -> loss of its batch. Everything that it draws must follow from that
            number (and the seed) alone: so a training that was killed goes on as if it had not been.
        look: measures the held-out loss; called every `every` steps and at the end.
        work: folder of the state while the training is not complete; None keeps none.
        key: tells this training from those with other settings or texts.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        steps: int,
        warmup: float,
        step_loss: Callable[[int], torch.Tensor],
        look: Callable[[], float],
        every: int,
        work: Path | None,
        key: str,
    ) -> None:
        self.model, self.optimiser = model, optimiser
        self.steps, self.warmup, self.every = steps, warmup, every
        self._step_loss, self._look = step_loss, look
        self._work, self._key = work, key
        self._highest = [group["lr"] for group in optimiser.param_groups]

    def run(self, seed: int, progress: Progress | None = None, seen: Callable[[Curve], None] | None = None) -> Curve:
        """Train to the last step. `seen` is called after each look."""
        curve = (load_state(self._work, self._key, self.model, self.optimiser) if self._work else None) or Curve()
        began, losses = time.perf_counter() - curve.seconds, []
        while curve.step < self.steps:
            losses.append(self._one(curve.step, seed))
            curve.step += 1
            if progress:
                progress(curve.step, self.steps)
            if curve.step % self.every == 0 or curve.step == self.steps:
                mean, losses = sum(losses) / len(losses), []
                curve.points.append({"step": curve.step, "loss": mean, "held_out_loss": self._held_out()})
                curve.seconds = time.perf_counter() - began
                if self._work:
                    save_state(self._work, self._key, self.model, self.optimiser, curve)
                if seen:
                    seen(curve)
        return curve

    def _one(self, step: int, seed: int) -> float:
        self.model.train()
        # dropout draws from torch's generator: the same for this step whether or not the training was killed before
        torch.manual_seed(seed * 1_000_003 + step)
        for group, highest in zip(self.optimiser.param_groups, self._highest, strict=True):
            group["lr"] = highest * scale(step, self.steps, self.warmup, group["first"])
        loss = self._step_loss(step)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], CLIP)
        self.optimiser.step()
        return loss.item()

    def _held_out(self) -> float:
        self.model.eval()
        with torch.inference_mode():
            return self._look()
