"""Tunes a model with TRL 0.7.7's PPOTrainer, one seed; a line of JSON per batch.

    python trl_seed.py SETTINGS.json SEED OUT.jsonl

SETTINGS.json is what prompts.ts wrote: the model folder, the settings of the tune stage, the beginnings of the texts as token
ids, and the lexicon. TRL is used as it is installed, but for one line: its gradients are clipped in every step where the
settings ask for that (0.7.7 hands its clipping an iterator that is empty after the first step).
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import spacy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import AutoModelForCausalLMWithValueHead, PPOConfig, PPOTrainer, set_seed

settings_file, seed, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
given = json.loads(settings_file.read_text())
ppo, beginnings, lexicon = given["ppo"], given["beginnings"], given["lexicon"]
words = spacy.blank("en").tokenizer


def reward(text: str) -> float:
    """Equation 3 of the paper."""
    total = sum(lexicon.get(token.text.lower(), 0.0) for token in words(text))
    return min(max(total / given["reward"]["scale"], -given["reward"]["clip"]), given["reward"]["clip"])


set_seed(seed)
torch.set_num_threads(2)
# Both value heads have TRL's dropout of 0.1, which its trainer never applies.
model, reference = (
    AutoModelForCausalLMWithValueHead.from_pretrained(
        AutoModelForCausalLM.from_pretrained(given["model"], torch_dtype=torch.float32)
    )
    for _ in range(2)
)
with tempfile.TemporaryDirectory() as folder:
    # The tokenizers library of that time reads a merge as one string, not as a pair.
    for name in ("config.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(Path(given["model"]) / name, folder)
    parts = json.loads((Path(given["model"]) / "tokenizer.json").read_text())
    parts["model"]["merges"] = [" ".join(pair) for pair in parts["model"]["merges"]]
    Path(folder, "tokenizer.json").write_text(json.dumps(parts))
    tokenizer = AutoTokenizer.from_pretrained(folder)
tokenizer.pad_token = tokenizer.eos_token
trainer = PPOTrainer(
    PPOConfig(
        seed=seed,
        batch_size=ppo["batchSize"],
        mini_batch_size=ppo["miniBatchSize"],
        ppo_epochs=ppo["ppoEpochs"],
        learning_rate=ppo["learningRate"],
        init_kl_coef=ppo["klCoef"],
        adap_kl_ctrl=ppo["adaptiveKl"],
        target=ppo["klTarget"],
        horizon=ppo["klHorizon"],
        gamma=ppo["gamma"],
        lam=ppo["lambda"],
        cliprange=ppo["clipRange"],
        cliprange_value=ppo["clipRangeValue"],
        vf_coef=ppo["vfCoef"],
        max_grad_norm=ppo["maxGradNorm"],
        ratio_threshold=ppo["ratioThreshold"],
        whiten_rewards=ppo["whitenRewards"],
    ),
    model,
    reference,
    tokenizer,
)
if ppo["clippedSteps"] == "every":
    trainer.model_params = list(trainer.model_params)

draw = np.random.default_rng(seed)
half = out.with_suffix(".part")
with open(half, "w") as file:
    for batch in range(ppo["batches"]):
        began = time.monotonic()
        low, high = ppo["queryTokens"]
        first = batch * ppo["batchSize"]
        texts = [beginnings[(first + i) % len(beginnings)] for i in range(ppo["batchSize"])]
        queries = [torch.tensor(ids[: draw.integers(low, high + 1)]) for ids in texts]
        low, high = ppo["responseTokens"]
        full = trainer.generate(
            queries,
            batch_size=ppo["batchSize"],
            return_prompt=False,
            max_new_tokens=high,
            min_length=-1,
            do_sample=True,
            top_k=0.0,
            top_p=1.0,
            pad_token_id=tokenizer.eos_token_id,
        )
        # Sampled to the longest length and cut: the same as asking each for its own length.
        responses = [ids[: draw.integers(low, high + 1)] for ids in full]
        texts = [
            tokenizer.decode(torch.cat(pair), skip_special_tokens=True, clean_up_tokenization_spaces=False)
            for pair in zip(queries, responses)
        ]
        scores = [torch.tensor(reward(text)) for text in texts]
        stats = trainer.step(queries, responses, scores)
        row = {
            "batch": batch + 1,
            "reward": float(stats["ppo/mean_scores"]),
            "kl": float(stats["objective/kl"]),
            "klCoef": float(stats["objective/kl_coef"]),
            "entropy": float(stats["ppo/policy/entropy"]),
            "valueLoss": float(stats["ppo/loss/value"]),
            "responseTokens": float(np.mean([len(ids) for ids in responses])),
            "seconds": round(time.monotonic() - began, 2),
        }
        file.write(json.dumps(row) + "\n")
        file.flush()
os.replace(half, out)
