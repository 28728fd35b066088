"""Records steps of torch.optim.Adam and AdamW: python record.py, with torch 2.15.0 on CPU.

Writes adam.json: for each case its settings and, after every step, the parameters; the gradients' norm before clipping too.
"""
import json
from pathlib import Path

import torch

SHAPES = {"matrix": [3, 5], "vector": [7], "single": [1], "scalar": []}
CASES = {
    "plain": dict(),
    "betas and epsilon": dict(betas=(0.8, 0.95), eps=1e-3),
    "weight decay": dict(weight_decay=0.1),
    "clipped": dict(max_norm=0.5),
    "not reached clip": dict(max_norm=1e3),
    "decay, clip, tiny gradients": dict(weight_decay=0.3, max_norm=1e-4, gradient_scale=1e-4, eps=1e-5),
    "large gradients": dict(gradient_scale=1e4),
}


def flat(tensors):
    return {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}


def record(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, max_norm=0.0, gradient_scale=1.0):
    torch.manual_seed(0)
    parameters = {name: torch.nn.Parameter(torch.randn(shape)) for name, shape in SHAPES.items()}
    start = flat(parameters)
    # Decay for matrices only, as the layout of a model asks for.
    groups = [
        {"params": [parameters["matrix"]], "weight_decay": weight_decay},
        {"params": [parameters[name] for name in SHAPES if name != "matrix"], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=1.0, betas=betas, eps=eps)
    steps = []
    for step in range(6):
        learning_rate = 0.01 * (step + 1)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        for parameter in parameters.values():
            parameter.grad = gradient_scale * torch.randn(parameter.shape)
        gradients = flat({name: parameter.grad for name, parameter in parameters.items()})
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm if max_norm > 0 else float("inf"))
        optimiser.step()
        steps.append({"learningRate": learning_rate, "gradients": gradients, "norm": norm.item(), "parameters": flat(parameters)})
    settings = {"beta1": betas[0], "beta2": betas[1], "epsilon": eps, "weightDecay": weight_decay, "maxGradNorm": max_norm}
    return {"settings": settings, "start": start, "steps": steps}


def shortened(value):
    """Single-precision numbers in the nine digits that hold them."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return [shortened(item) for item in value] if isinstance(value, list) else value


result = {"torch": torch.__version__, "shapes": SHAPES, "cases": {name: shortened(record(**case)) for name, case in CASES.items()}}
Path(__file__).with_name("adam.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
