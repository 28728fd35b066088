"""Tunes a model with TRL 0.7.7's PPOTrainer, one seed; a line of JSON per batch.

    python trl_seed.py SETTINGS.json SEED OUT.jsonl

SETTINGS.json is what settings.ts wrote: the model folder, the settings of the tune stage, the prompts of the texts as token
ids, and the lexicon.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from trl_trainer import make_trainer, sample_batch

given, seed, out = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2]), Path(sys.argv[3])
trainer = make_trainer(given, seed)
draw = np.random.default_rng(seed)
half = out.with_suffix(".part")
with open(half, "w") as file:
    for number in range(given["ppo"]["batches"]):
        began = time.monotonic()
        batch = sample_batch(trainer, given, number, draw)
        stats = trainer.step(batch.queries, batch.responses, [torch.tensor(score) for score in batch.scores])
        row = {
            "batch": number + 1,
            "reward": float(stats["ppo/mean_scores"]),
            "kl": float(stats["objective/kl"]),
            "klCoef": float(stats["objective/kl_coef"]),
            "entropy": float(stats["ppo/policy/entropy"]),
            "valueLoss": float(stats["ppo/loss/value"]),
            "responseTokens": float(np.mean([len(ids) for ids in batch.responses])),
            "seconds": round(time.monotonic() - began, 2),
        }
        file.write(json.dumps(row) + "\n")
        file.flush()
os.replace(half, out)
