"""Writes what PyTorch makes of autoencoders in 12 steps of Adam: golden.safetensors (L1), topk.safetensors (6 codes kept),
batchtopk.safetensors (6 codes per token kept over a batch), jumprelu.safetensors (L0, learned thresholds), revived.safetensors (as topk, and
the auxiliary loss of features that begin as dead).

python record.py    (torch 2.15.0, safetensors 0.8.0)

Each kind is trained tied, untied, and untied with a free encoder, whose rows are not divided by their norms.
Batches and first weights are those that golden.safetensors holds already; all else is computed anew.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

K = 6
L1 = 1e-3
L0 = 2e-3
STEPS = 12
BANDWIDTH = 0.05
FIRST_THRESHOLD = 0.01
AVERAGE_WEIGHT = 0.01
# Of revived.safetensors.
DEAD_AFTER = 20_000
FIRST_DEAD = 20
AUX = 0.5

here = Path(__file__).parent
given = load_file(here / "golden.safetensors")
batches = given["batches"]
torch.set_num_threads(1)


def rows(weight: torch.Tensor) -> torch.Tensor:
    return weight / weight.norm(dim=1, keepdim=True)


class Jump(torch.autograd.Function):
    """f = z where z > threshold, else 0; the threshold's gradient is smoothed by a rectangle (arXiv:2407.14435, Equation 11)."""

    @staticmethod
    def forward(ctx, z, threshold):
        ctx.save_for_backward(z, threshold)
        return z * (z > threshold)

    @staticmethod
    def backward(ctx, gradient):
        z, threshold = ctx.saved_tensors
        near = ((z - threshold).abs() < BANDWIDTH / 2).float()
        return gradient * (z > threshold), (-threshold / BANDWIDTH * near * gradient).sum(dim=0)


class Step(torch.autograd.Function):
    """1 where z > threshold, else 0 (arXiv:2407.14435, Equation 12)."""

    @staticmethod
    def forward(ctx, z, threshold):
        ctx.save_for_backward(z, threshold)
        return (z > threshold).float()

    @staticmethod
    def backward(ctx, gradient):
        z, threshold = ctx.saved_tensors
        near = ((z - threshold).abs() < BANDWIDTH / 2).float()
        return None, (-near / BANDWIDTH * gradient).sum(dim=0)


class Positive(torch.autograd.Function):
    """max(threshold, 0), with the gradient of threshold."""

    @staticmethod
    def forward(ctx, threshold):
        return threshold.clamp(min=0)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def train(tying: str, kind: str) -> dict[str, torch.Tensor]:
    start = "tied" if tying == "tied" else "untied"
    encoder = given[f"{start}.init.encoder"].clone().requires_grad_()
    decoder = encoder if tying == "tied" else given["untied.init.decoder"].clone().requires_grad_()
    features = encoder.shape[0]
    encoder_bias = torch.zeros(features, requires_grad=True)
    decoder_bias = torch.zeros(encoder.shape[1], requires_grad=True)
    threshold = torch.full((features,), FIRST_THRESHOLD, requires_grad=True)
    parameters = [encoder, encoder_bias, decoder_bias] + ([] if tying == "tied" else [decoder])
    parameters += [threshold] if kind == "jumprelu" else []
    adam = torch.optim.Adam(parameters, lr=1e-3)
    losses: dict[str, list[float]] = {"mse": [], "l1": [], "l0": []}
    silent = torch.zeros(features)
    silent[:FIRST_DEAD] = DEAD_AFTER
    average = weights = 0.0
    for step in range(STEPS):
        x = batches[step % len(batches)]
        z = x @ (encoder if tying == "free" else rows(encoder)).T + encoder_bias
        codes = torch.relu(z)
        if kind in ("topk", "revived"):
            values, indices = torch.topk(codes, K, dim=-1)
            codes = torch.zeros_like(codes).scatter(-1, indices, values)
        if kind == "batchtopk":
            values, indices = torch.topk(codes.flatten(), K * len(x))
            codes = torch.zeros_like(codes.flatten()).scatter(-1, indices, values).reshape(codes.shape)
            average += AVERAGE_WEIGHT * (values.min().item() - average)
            weights += AVERAGE_WEIGHT * (1 - weights)
        if kind == "jumprelu":
            codes = Jump.apply(z, Positive.apply(threshold))
        left = x - (codes @ rows(decoder) + decoder_bias)
        mse = (left**2).mean()
        l1 = codes.sum(dim=1).mean()
        losses["mse"].append(mse.item())
        losses["l1"].append(l1.item())
        losses["l0"].append((codes > 0).float().sum(dim=1).mean().item())
        loss = mse
        if kind == "relu":
            loss = mse + L1 * l1
        if kind == "jumprelu":
            loss = mse + L0 * Step.apply(z, Positive.apply(threshold)).sum(dim=1).mean()
        dead = silent >= DEAD_AFTER
        if kind == "revived" and dead.any():
            full = encoder.shape[1] // 2
            kept = min(full, int(dead.sum()))
            values, indices = torch.topk(z.masked_fill(~dead, -torch.inf), kept, dim=-1)
            revived = torch.zeros_like(z).scatter(-1, indices, values)
            loss = mse + AUX * kept / full * ((revived @ rows(decoder) - left.detach()) ** 2).mean()
        silent = torch.where((codes > 0).any(dim=0), 0, silent + len(x))
        adam.zero_grad()
        loss.backward()
        adam.step()
    result = {f"{tying}.{name}": torch.tensor(values) for name, values in losses.items()}
    final = {"encoder": encoder, "encoder_bias": encoder_bias, "decoder_bias": decoder_bias}
    if tying != "tied":
        final["decoder"] = decoder
    if kind == "jumprelu":
        final["threshold"] = threshold
    if kind == "batchtopk":
        final["threshold"] = torch.full((features,), average / weights)
    return result | {f"{tying}.final.{name}": tensor.detach().clone() for name, tensor in final.items()}


kept = {name: tensor for name, tensor in given.items() if name == "batches" or ".init." in name}
for kind in ("relu", "topk", "batchtopk", "jumprelu", "revived"):
    recorded = train("tied", kind) | train("untied", kind) | train("free", kind)
    save_file(kept | recorded if kind == "relu" else recorded, here / f"{'golden' if kind == 'relu' else kind}.safetensors")
