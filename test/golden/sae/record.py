"""Writes what PyTorch makes of autoencoders in 12 steps of Adam: golden.safetensors (L1) and topk.safetensors (6 codes kept).

python record.py    (torch 2.15.0, safetensors 0.8.0)

Batches and first weights are those that golden.safetensors holds already; all else is computed anew.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

K = 6
L1 = 1e-3
STEPS = 12

here = Path(__file__).parent
given = load_file(here / "golden.safetensors")
batches = given["batches"]
torch.set_num_threads(1)


def rows(weight: torch.Tensor) -> torch.Tensor:
    return weight / weight.norm(dim=1, keepdim=True)


def train(kind: str, k: int | None) -> dict[str, torch.Tensor]:
    encoder = given[f"{kind}.init.encoder"].clone().requires_grad_()
    decoder = encoder if kind == "tied" else given[f"{kind}.init.decoder"].clone().requires_grad_()
    encoder_bias = torch.zeros(encoder.shape[0], requires_grad=True)
    decoder_bias = torch.zeros(encoder.shape[1], requires_grad=True)
    parameters = [encoder, encoder_bias, decoder_bias] + ([] if kind == "tied" else [decoder])
    adam = torch.optim.Adam(parameters, lr=1e-3)
    losses: dict[str, list[float]] = {"mse": [], "l1": [], "l0": []}
    for step in range(STEPS):
        x = batches[step % len(batches)]
        codes = torch.relu(x @ rows(encoder).T + encoder_bias)
        if k is not None:
            values, indices = torch.topk(codes, k, dim=-1)
            codes = torch.zeros_like(codes).scatter(-1, indices, values)
        mse = ((codes @ rows(decoder) + decoder_bias - x) ** 2).mean()
        l1 = codes.sum(dim=1).mean()
        losses["mse"].append(mse.item())
        losses["l1"].append(l1.item())
        losses["l0"].append((codes > 0).float().sum(dim=1).mean().item())
        adam.zero_grad()
        (mse if k is not None else mse + L1 * l1).backward()
        adam.step()
    result = {f"{kind}.{name}": torch.tensor(values) for name, values in losses.items()}
    final = {"encoder": encoder, "encoder_bias": encoder_bias, "decoder_bias": decoder_bias}
    if kind == "untied":
        final["decoder"] = decoder
    return result | {f"{kind}.final.{name}": tensor.detach().clone() for name, tensor in final.items()}


kept = {name: tensor for name, tensor in given.items() if name == "batches" or ".init." in name}
save_file(kept | train("tied", None) | train("untied", None), here / "golden.safetensors")
save_file(train("tied", K) | train("untied", K), here / "topk.safetensors")
