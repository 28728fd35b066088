"""Two batches of TRL 0.7.7's PPOTrainer with all that another trainer needs to repeat them, and what came of them.

    python trl_batches.py SETTINGS.json FOLDER
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from trl_trainer import make_trainer, sample_batch

given, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
trainer = make_trainer(given, seed=1)
head = trainer.model.v_head.summary
value_head = {"weight": head.weight.flatten().tolist(), "bias": head.bias.tolist()}
permutations = []
permute = np.random.permutation


def noted(size):
    permutations.append(permute(size))
    return permutations[-1]


np.random.permutation = noted
draw = np.random.default_rng(1)
batches = []
for number in range(2):
    batch = sample_batch(trainer, given, number, draw)
    stats = trainer.step(batch.queries, batch.responses, [torch.tensor(score) for score in batch.scores])
    scalars = {name: np.asarray(value) for name, value in stats.items() if not name.startswith("time/")}
    batches.append({
        "queries": [ids.tolist() for ids in batch.queries],
        "responses": [ids.tolist() for ids in batch.responses],
        "texts": batch.texts,
        "scores": batch.scores,
        "statistics": {name: value.item() for name, value in scalars.items() if value.size == 1},
    })
folder.mkdir(parents=True, exist_ok=True)
order = [permutation.tolist() for permutation in permutations]
(folder / "batches.json").write_text(json.dumps({"valueHead": value_head, "permutations": order, "batches": batches}))
weights = {name: tensor.clone() for name, tensor in trainer.model.pretrained_model.named_parameters()}
weights |= {f"v_head.{name}": tensor.clone() for name, tensor in trainer.model.v_head.named_parameters()}
save_file({name: tensor.detach() for name, tensor in weights.items()}, folder / "after.safetensors")
