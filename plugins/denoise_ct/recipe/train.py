"""Train the generator: ``python -m plugins.denoise_ct.recipe.train STAGE DATA PAIRS WEIGHTS``; it prints its log.

First ("pixels") on pixels and structure alone, then ("critic") from the file that the first stage has written against a
critic (WGAN-GP) that brings the texture of a full dose back. One thread and fixed seeds: the same machine and torch
give the same file. The watched patient's own noise is as strong as what is added, so that PSNR against him falls as
soon as noise is taken out: he only tells whether something breaks.
"""

from __future__ import annotations

import copy
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, optim

from plugins.denoise_ct.denoise_ct import Generator, denoise_slice, load_generator
from plugins.denoise_ct.recipe.log import log
from plugins.denoise_ct.recipe.losses import Critic, critic_loss, pixel_loss, structure_loss
from plugins.denoise_ct.recipe.measures import psnr, ssim
from plugins.denoise_ct.recipe.pairs import SEED, Pair, read_pairs
from plugins.denoise_ct.recipe.patches import draw_batch
from plugins.denoise_ct.recipe.scans import WATCHED, read_scan
from plugins.denoise_ct.recipe.simulate_dose import Scanner, dose_noise, line_integrals

PIXEL_STEPS, GAN_STEPS, CRITIC_STEPS = 2400, 400, 2
FIRST_CRITIC_STEPS = 80  # of the critic alone
BATCH = 16
PIXEL_RATE, GAN_RATE, CRITIC_RATE = 1e-3, 1e-4, 5e-4
STRUCTURE_WEIGHT, ADVERSARIAL_WEIGHT = 0.3, 0.04
_KEPT = 0.99  # of the averaged weights at each step against the critic
_TOLD_EVERY = 50


class Training:
    """The networks under way, the random numbers, and the patient that the course is watched on."""

    def __init__(self, data: Path, pairs: list[Pair]) -> None:
        torch.manual_seed(SEED)
        self.random = np.random.default_rng(SEED)
        self.pairs = pairs
        self.generator = Generator().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.critic = Critic()
        self.start = time.monotonic()
        scan = read_scan("abdomen_99000", data / WATCHED["abdomen_99000"])
        self.truth = scan.hu[1].astype(np.float32)
        lines = line_integrals(self.truth, scan.spacing_mm)
        noise = dose_noise(lines, (512, 512), scan.spacing_mm, 0.25, Scanner(), np.random.default_rng(SEED))
        self.noisy = self.truth + noise

    def draw(self) -> tuple[Tensor, Tensor]:
        """Return noisy and clean pieces."""
        return draw_batch(self.random, self.pairs, BATCH)

    def tell(self, stage: str, step: int, generator: Generator, **losses: float) -> None:
        """Print how far it is, and how well the patient who is not trained on comes out."""
        made = denoise_slice(generator, self.noisy, strength=1.0)
        numbers = " ".join(f"{name} {value:.4f}" for name, value in losses.items())
        before, after = psnr(self.noisy, self.truth), psnr(made, self.truth)
        similar = f"{ssim(self.noisy, self.truth):.4f} > {ssim(made, self.truth):.4f}"
        seconds = time.monotonic() - self.start
        log(f"{seconds:6.0f} s {stage} {step}: {numbers}; PSNR {before:.2f} > {after:.2f}, SSIM {similar}")


def train_on_pixels(training: Training) -> None:
    """Train the generator on pixels and structure alone, the rate falling to nothing along a cosine."""
    optimiser = optim.Adam(training.generator.parameters(), PIXEL_RATE)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, PIXEL_STEPS)
    for step in range(1, PIXEL_STEPS + 1):
        noisy, clean = training.draw()
        made = training.generator(noisy)
        pixels, structure = pixel_loss(made, clean), structure_loss(made, clean)
        optimiser.zero_grad()
        (pixels + STRUCTURE_WEIGHT * structure).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % _TOLD_EVERY == 0:
            training.tell("pixels", step, training.generator, pixels=pixels.item(), structure=structure.item())


def train_against_critic(training: Training) -> Generator:
    """Train generator and critic in turn; return the generator, its weights averaged over the last hundred steps."""
    averaged: Generator = copy.deepcopy(training.generator)
    optimiser = optim.Adam(training.generator.parameters(), GAN_RATE, betas=(0.0, 0.9))
    judging = optim.Adam(training.critic.parameters(), CRITIC_RATE, betas=(0.0, 0.9))
    for _ in range(FIRST_CRITIC_STEPS):
        _train_critic(training, judging)
    for step in range(1, GAN_STEPS + 1):
        distances = [_train_critic(training, judging) for _ in range(CRITIC_STEPS)]
        noisy, clean = training.draw()
        made = training.generator(noisy)
        pixels, structure = pixel_loss(made, clean), structure_loss(made, clean)
        loss = pixels + STRUCTURE_WEIGHT * structure - ADVERSARIAL_WEIGHT * training.critic(made).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            for kept, new in zip(averaged.parameters(), training.generator.parameters(), strict=True):
                kept.lerp_(new, 1.0 - _KEPT)
        if step % _TOLD_EVERY == 0:
            losses = {"critic": distances[-1], "pixels": pixels.item(), "structure": structure.item()}
            training.tell("critic", step, averaged, **losses)
    return averaged


def _train_critic(training: Training, judging: optim.Optimizer) -> float:
    """Train the critic by one step; return its loss."""
    noisy, clean = training.draw()
    with torch.no_grad():
        made = training.generator(noisy)
    loss = critic_loss(training.critic, made, clean, torch.rand(len(clean), 1, 1, 1))
    judging.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    judging.step()
    return loss.item()


def save(generator: Generator, file: Path) -> None:
    """Write the weights in half precision."""
    save_file({name: tensor.half().contiguous() for name, tensor in generator.state_dict().items()}, file)


def main(stage: str, data: Path, pairs: Path, weights: Path) -> None:
    """Run one stage; the weights of the first lie beside those of the second."""
    torch.set_num_threads(1)
    training = Training(data, read_pairs(pairs))
    parameters = sum(parameter.numel() for parameter in training.generator.parameters())
    log(f"{len(training.pairs)} slices, {parameters} parameters, seed {SEED}, torch {torch.__version__}")
    first = weights.with_name(f"{weights.stem}_pixels.safetensors")
    if stage == "pixels":
        train_on_pixels(training)
        save(training.generator, first)
    else:
        training.generator.load_state_dict(load_generator(first, "cpu").state_dict())
        save(train_against_critic(training), weights)


if __name__ == "__main__":
    main(sys.argv[1], *(Path(argument) for argument in sys.argv[2:5]))
