"""Trains the tiny chat model: python3 train.py BATCH CPU_MINUTES NAME

Reads train.bin/.msk and val.bin/.msk (bpe.ts) from the current folder, writes NAME.f32 and NAME.json (to-gguf.ts). One thread; the
learning rate falls over the given CPU time, so that the time is the only thing to choose. Needs PyTorch 1.13 or newer, and NumPy.
"""

import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCABULARY, WIDTH, LAYERS, HEADS, KEY_HEADS, HIDDEN, CONTEXT = 2048, 192, 6, 6, 3, 512, 384
HEAD_WIDTH = WIDTH // HEADS
START_TOKEN = 0
PEAK_RATE, WARM_UP_STEPS, LAST_SHARE = 3e-3, 100, 0.02
# What the user says is learned a little, so that the model knows the words it reads.
QUESTION_WEIGHT = 0.1
REPORT_STEPS = 50


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

    def forward(self, ids):
        x = self.e(ids)
        for block in self.b:
            x = block(x)
        return normalize(x, self.n) @ self.e.weight.t()


class Texts:
    """Windows of tokens: from anywhere, or from where a chat starts."""

    def __init__(self, name, generator):
        self.ids = torch.from_numpy(np.fromfile(name + ".bin", np.uint16).astype(np.int64))
        self.mask = torch.from_numpy(np.fromfile(name + ".msk", np.uint8).astype(np.float32))
        starts = (self.ids == START_TOKEN).nonzero().flatten()
        self.starts = starts[starts < len(self.ids) - CONTEXT - 1]
        self.generator = generator

    def batch(self, size, at_starts):
        if at_starts:
            places = self.starts[torch.randint(len(self.starts), (size,), generator=self.generator)]
        else:
            places = torch.randint(len(self.ids) - CONTEXT - 1, (size,), generator=self.generator)
        window = lambda data, shift: torch.stack([data[i + shift : i + shift + CONTEXT] for i in places])
        return window(self.ids, 0), window(self.ids, 1), window(self.mask, 1)


def measure_loss(model, ids, targets, answers):
    """The loss that is trained on, and the loss of the answers alone."""
    logits = model(ids).view(-1, VOCABULARY)
    losses = F.cross_entropy(logits, targets.view(-1), reduction="none").view_as(targets)
    weights = answers + QUESTION_WEIGHT * (1 - answers)
    return (losses * weights).sum() / weights.sum(), (losses * answers).sum() / answers.sum()


def make_optimizer(model):
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0}]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.97), eps=1e-9)


def train(model, batch_size, budget_seconds):
    generator = torch.Generator().manual_seed(7)
    training, held_out = Texts("train", generator), Texts("val", generator)
    optimizer = make_optimizer(model)
    started, step = time.process_time(), 0
    while (spent := time.process_time() - started) <= budget_seconds:
        cosine = 0.5 * (1 + math.cos(math.pi * spent / budget_seconds))
        rate = PEAK_RATE * min(1, (step + 1) / WARM_UP_STEPS) * (LAST_SHARE + (1 - LAST_SHARE) * cosine)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, answers = measure_loss(model, *training.batch(batch_size, at_starts=step % 2 == 1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % REPORT_STEPS == 0:
            with torch.no_grad():
                losses = [measure_loss(model, *held_out.batch(16, False))[1].item() for _ in range(4)]
            tokens = step * batch_size * CONTEXT
            print(f"step {step} {spent:.0f}s {tokens / 1e6:.2f}M tokens loss {answers:.4f} held out {np.mean(losses):.4f}", flush=True)


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
    train(model, int(sys.argv[1]), float(sys.argv[2]) * 60)
    export(model, sys.argv[3])
