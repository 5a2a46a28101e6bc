"""Trains the tiny chat models: python3 train.py CPU_MINUTES NAME [WALL_MINUTES]

Reads train.bin/.msk and val.bin/.msk (bpe.ts) from the current folder, writes NAME.f32 and NAME.json (to-gguf.ts), every few minutes and
at the end. One thread; the learning rate falls over the given CPU time (or over the time on the wall, where that passes sooner on a busy
machine), so that the time is the only thing to choose. Started again it goes on from NAME.state. Needs PyTorch 1.13 or newer, NumPy, and
a fast BLAS (libopenblas): with the plain one everything takes twenty times as long.
"""

import json
import math
import os
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCABULARY, WIDTH, LAYERS, HEADS, KEY_HEADS, HIDDEN, CONTEXT = 3072, 192, 6, 6, 3, 512, 512
HEAD_WIDTH = WIDTH // HEADS
START_TOKEN = 0
PEAK_RATE, WARM_UP_STEPS, LAST_SHARE = 3e-3, 100, 0.02
# Most chats are short, and short windows cost less; each fourth step reads long ones, so that far positions are learned as well.
SHORT_WINDOW, LONG_STEPS, STEP_TOKENS = 256, 4, 2048
REPORT_STEPS = 50
KEEP_SECONDS = 120


def normalize(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weight


def make_rotation():
    frequencies = 1.0 / (10000 ** (torch.arange(0, HEAD_WIDTH, 2) / HEAD_WIDTH))
    angles = torch.outer(torch.arange(CONTEXT), frequencies)
    return angles.cos(), angles.sin()


COS, SIN = make_rotation()
MASK = torch.full((CONTEXT, CONTEXT), float("-inf")).triu(1)


def rotate(x):
    """Rotary positions over neighbouring pairs, as llama.cpp has them."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = COS[: x.shape[-2]], SIN[: x.shape[-2]]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    """One layer. The short names are what to-gguf.ts reads."""

    def __init__(self):
        super().__init__()
        self.an, self.fn = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.ones(WIDTH))
        linear = lambda inputs, outputs: nn.Linear(inputs, outputs, bias=False)
        self.q, self.o = linear(WIDTH, WIDTH), linear(WIDTH, WIDTH)
        self.k, self.v = linear(WIDTH, KEY_HEADS * HEAD_WIDTH), linear(WIDTH, KEY_HEADS * HEAD_WIDTH)
        self.g, self.u, self.d = linear(WIDTH, HIDDEN), linear(WIDTH, HIDDEN), linear(HIDDEN, WIDTH)
        for module in (self.q, self.k, self.v, self.g, self.u):
            nn.init.normal_(module.weight, 0, 0.02)
        for module in (self.o, self.d):
            nn.init.normal_(module.weight, 0, 0.02 / math.sqrt(2 * LAYERS))

    def forward(self, x):
        batch, length, _ = x.shape
        split = lambda y, heads: y.view(batch, length, heads, HEAD_WIDTH).transpose(1, 2)
        h = normalize(x, self.an)
        q, k = rotate(split(self.q(h), HEADS)), rotate(split(self.k(h), KEY_HEADS))
        v = split(self.v(h), KEY_HEADS)
        k, v = (y.repeat_interleave(HEADS // KEY_HEADS, 1) for y in (k, v))
        scores = (q @ k.transpose(-1, -2)) * HEAD_WIDTH**-0.5 + MASK[:length, :length]
        x = x + self.o((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, WIDTH))
        h = normalize(x, self.fn)
        return x + self.d(F.silu(self.g(h)) * self.u(h))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(VOCABULARY, WIDTH)
        nn.init.normal_(self.e.weight, 0, 0.02)
        self.b = nn.ModuleList([Block() for _ in range(LAYERS)])
        self.n = nn.Parameter(torch.ones(WIDTH))

    def forward(self, ids, wanted):
        """The next token of the wanted places alone: all places cost a quarter more time."""
        x = self.e(ids)
        for block in self.b:
            x = block(x)
        return normalize(x[wanted], self.n) @ self.e.weight.t()


class Texts:
    """Windows of tokens: from anywhere, or from where a chat starts."""

    def __init__(self, name, generator):
        self.ids = torch.from_numpy(np.fromfile(name + ".bin", np.uint16).astype(np.int64))
        self.mask = torch.from_numpy(np.fromfile(name + ".msk", np.uint8).astype(np.float32))
        starts = (self.ids == START_TOKEN).nonzero().flatten()
        self.starts = starts[starts < len(self.ids) - CONTEXT - 1]
        self.generator = generator

    def batch(self, length, at_starts):
        size = STEP_TOKENS // length
        if at_starts:
            places = self.starts[torch.randint(len(self.starts), (size,), generator=self.generator)]
        else:
            places = torch.randint(len(self.ids) - CONTEXT - 1, (size,), generator=self.generator)
        window = lambda data, shift: torch.stack([data[i + shift : i + shift + length] for i in places])
        return window(self.ids, 0), window(self.ids, 1), window(self.mask, 1)


def measure_loss(model, ids, targets, weights):
    """The mean loss of the answers' tokens, each as heavy as its weight says."""
    wanted = weights > 0
    losses = F.cross_entropy(model(ids, wanted), targets[wanted], reduction="none")
    return (losses * weights[wanted]).sum() / weights.sum()


def make_optimizer(model):
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0}]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.97), eps=1e-9)


class Progress:
    """How much of the budget is spent: the larger of the shares of both clocks."""

    def __init__(self, cpu_minutes, wall_minutes, before=(0, 0)):
        self.budgets = cpu_minutes * 60, wall_minutes * 60
        self.starts = time.process_time() - before[0], time.time() - before[1]

    def spent(self):
        return time.process_time() - self.starts[0], time.time() - self.starts[1]

    def share(self):
        return max(spent / budget for spent, budget in zip(self.spent(), self.budgets))


def keep(path, model, optimizer, step, spent):
    state = dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step, spent=spent)
    torch.save(state, path + ".new")
    os.replace(path + ".new", path)


def train(model, name, cpu_minutes, wall_minutes):
    optimizer = make_optimizer(model)
    step, spent, path = 0, (0, 0), name + ".state"
    if os.path.exists(path):
        state = torch.load(path)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
    generator = torch.Generator().manual_seed(7 + step)
    training, held_out = Texts("train", generator), Texts("val", generator)
    progress, kept = Progress(cpu_minutes, wall_minutes, spent), time.process_time()
    while (share := progress.share()) <= 1:
        cosine = LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * share))
        factor = min(1, (step + 1) / WARM_UP_STEPS) * cosine
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * factor
        length = CONTEXT if step % LONG_STEPS == 0 else SHORT_WINDOW
        loss = measure_loss(model, *training.batch(length, at_starts=step % 2 == 1))
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % REPORT_STEPS == 0:
            with torch.no_grad():
                losses = [measure_loss(model, *held_out.batch(SHORT_WINDOW, True)).item() for _ in range(2)]
            tokens = step * STEP_TOKENS
            print(f"step {step} {share:.3f} {progress.spent()[0]:.0f}s {tokens / 1e6:.2f}M tokens loss {loss:.4f} held out {np.mean(losses):.4f}", flush=True)
        if time.process_time() - kept > KEEP_SECONDS:
            kept = time.process_time()
            keep(path, model, optimizer, step, progress.spent())
            export(model, name)


def export(model, name):
    index, offset = {}, 0
    with open(name + ".f32", "wb") as file:
        for key, value in model.state_dict().items():
            data = value.float().contiguous().numpy().tobytes()
            index[key] = [offset, list(value.shape)]
            file.write(data)
            offset += len(data)
    shape = dict(V=VOCABULARY, D=WIDTH, L=LAYERS, H=HEADS, KV=KEY_HEADS, FF=HIDDEN, T=CONTEXT)
    with open(name + ".json", "w") as file:
        json.dump({"cfg": shape, "idx": index}, file)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = Model()
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    train(model, sys.argv[2], float(sys.argv[1]), float(sys.argv[3] if len(sys.argv) > 3 else "inf"))
    export(model, sys.argv[2])
