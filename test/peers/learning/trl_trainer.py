"""TRL 0.7.7's PPOTrainer with the settings that settings.ts writes, and batches for it.

TRL is used as it is installed, but for one thing: its gradients are clipped in every step where the settings ask for that (0.7.7 hands
its clipping an iterator that is empty after the first step).
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import spacy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast
from trl import AutoModelForCausalLMWithValueHead, PPOConfig, PPOTrainer, set_seed

words = spacy.blank("en").tokenizer


def reward(text: str, given: dict) -> float:
    """Equation 3 of the paper."""
    total = sum(given["lexicon"].get(token.text.lower(), 0.0) for token in words(text))
    return min(max(total / given["reward"]["scale"], -given["reward"]["clip"]), given["reward"]["clip"])


def load_tokenizer(model: Path) -> PreTrainedTokenizerFast:
    with tempfile.TemporaryDirectory() as folder:
        # The tokenizers library of that time reads a merge as one string, not as a pair.
        for name in ("config.json", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copy(model / name, folder)
        parts = json.loads((model / "tokenizer.json").read_text())
        parts["model"]["merges"] = [" ".join(pair) for pair in parts["model"]["merges"]]
        Path(folder, "tokenizer.json").write_text(json.dumps(parts))
        tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def make_trainer(given: dict, seed: int) -> PPOTrainer:
    ppo = given["ppo"]
    set_seed(seed)
    torch.set_num_threads(2)
    # Both value heads have TRL's dropout of 0.1, which its trainer never applies.
    model, reference = (
        AutoModelForCausalLMWithValueHead.from_pretrained(
            AutoModelForCausalLM.from_pretrained(given["model"], torch_dtype=torch.float32)
        )
        for _ in range(2)
    )
    config = PPOConfig(
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
    )
    trainer = PPOTrainer(config, model, reference, load_tokenizer(Path(given["model"])))
    if ppo["clippedSteps"] == "every":
        trainer.model_params = list(trainer.model_params)
    return trainer


@dataclass
class Batch:
    queries: list[torch.Tensor]
    responses: list[torch.Tensor]
    texts: list[str]
    scores: list[float]


def sample_batch(trainer: PPOTrainer, given: dict, batch: int, draw: np.random.Generator) -> Batch:
    """Queries are cut from the next prompts; both lengths are drawn uniformly."""
    ppo, prompts, tokenizer = given["ppo"], given["prompts"], trainer.tokenizer
    low, high = ppo["queryTokens"]
    first = batch * ppo["batchSize"]
    chosen = [prompts[(first + i) % len(prompts)] for i in range(ppo["batchSize"])]
    queries = [torch.tensor(ids[: draw.integers(low, high + 1)]) for ids in chosen]
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
    return Batch(queries, responses, texts, [reward(text, given) for text in texts])
