"""Writes topk.safetensors: top-k autoencoders trained in PyTorch from the batches and first weights of golden.safetensors.

python record_topk.py    (torch 2.15, safetensors)
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

K = 6
STEPS = 12

here = Path(__file__).parent
given = load_file(here / "golden.safetensors")
batches = given["batches"]
torch.set_num_threads(1)


def rows(weight: torch.Tensor) -> torch.Tensor:
    return weight / weight.norm(dim=1, keepdim=True)


recorded: dict[str, torch.Tensor] = {}
for kind in ("tied", "untied"):
    encoder = given[f"{kind}.init.encoder"].clone().requires_grad_()
    decoder = encoder if kind == "tied" else given[f"{kind}.init.decoder"].clone().requires_grad_()
    encoder_bias = torch.zeros(encoder.shape[0], requires_grad=True)
    decoder_bias = torch.zeros(encoder.shape[1], requires_grad=True)
    parameters = [encoder, encoder_bias, decoder_bias] + ([] if kind == "tied" else [decoder])
    adam = torch.optim.Adam(parameters, lr=1e-3)
    losses: dict[str, list[float]] = {"mse": [], "l1": [], "l0": []}
    for step in range(STEPS):
        x = batches[step % len(batches)]
        active = torch.relu(x @ rows(encoder).T + encoder_bias)
        values, indices = torch.topk(active, K, dim=-1)
        codes = torch.zeros_like(active).scatter(-1, indices, values)
        mse = ((codes @ rows(decoder) + decoder_bias - x) ** 2).mean()
        losses["mse"].append(mse.item())
        losses["l1"].append(codes.sum(dim=1).mean().item())
        losses["l0"].append((codes > 0).float().sum(dim=1).mean().item())
        adam.zero_grad()
        mse.backward()
        adam.step()
    for name, values in losses.items():
        recorded[f"{kind}.{name}"] = torch.tensor(values)
    final = {"encoder": encoder, "encoder_bias": encoder_bias, "decoder_bias": decoder_bias}
    if kind == "untied":
        final["decoder"] = decoder
    for name, tensor in final.items():
        recorded[f"{kind}.final.{name}"] = tensor.detach().clone()

save_file(recorded, here / "topk.safetensors")
print({name: [round(v, 5) for v in tensor[:3].tolist()] for name, tensor in recorded.items() if tensor.ndim == 1})
