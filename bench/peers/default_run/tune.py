"""Stage tune of the default run by TRL 0.7.7, in an environment of its own.

    python tune.py INPUTS.json FOLDER

Prompts, lengths, minibatches, epochs, learning rates and clipping are the run's; generation is batched. Saves the
tuned model in FOLDER. Left out, which favours this side: checkpoints to continue from, and the record of files.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[3] / "test" / "peers" / "learning"))
from clock import record  # noqa: E402
from trl_trainer import make_trainer, reward, sample_batch  # noqa: E402

SAMPLES = 4  # Completions of a table of samples.
given = json.loads(Path(sys.argv[1]).read_text())
ppo = given["ppo"]


def linear(step):
    """The run's schedule: a rise over warmupSteps, then a fall to 0."""
    warmup, total = ppo["warmupSteps"], ppo["batches"]
    return step / max(1, warmup) if step < warmup else max(0.0, (total - step) / max(1, total - warmup))


@torch.inference_mode()
def sample_table(trainer, queries):
    longest = max(map(len, queries))
    ids = torch.stack([torch.nn.functional.pad(query, (longest - len(query), 0)) for query in queries])
    mask = torch.stack([torch.arange(longest) >= longest - len(query) for query in queries]).long()
    options = dict(do_sample=True, top_k=0, top_p=1.0, max_new_tokens=ppo["responseTokens"][1], pad_token_id=0)
    for model in (trainer.ref_model, trainer.model):
        rows = model.pretrained_model.generate(input_ids=ids, attention_mask=mask, **options)
        for text in trainer.tokenizer.batch_decode(rows, skip_special_tokens=True):
            reward(text, given)
    record.count("samples", 2 * len(queries))


with record.stage("tune"):
    trainer = make_trainer(given, given["seed"])
    if ppo["schedule"] == "linear":
        trainer.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(trainer.optimizer, linear)
    draw = np.random.default_rng(given["seed"])
    for number in range(ppo["batches"]):
        batch = sample_batch(trainer, given, number, draw)
        stats = trainer.step(batch.queries, batch.responses, [torch.tensor(score) for score in batch.scores])
        record.count("batches", 1)
        record.count("texts", len(batch.texts))
        record.count("response tokens", sum(map(len, batch.responses)))
        if (number + 1) % given["config"]["ppo"]["sampleEvery"] == 0 or number + 1 == ppo["batches"]:
            sample_table(trainer, batch.queries[:SAMPLES])
        print(f"  batch {number + 1}: reward {float(stats['ppo/mean_scores']):.3f}", flush=True)
    trainer.model.pretrained_model.save_pretrained(sys.argv[2], safe_serialization=True)
    record.results["tune"] = {
        "rewardOfLastBatch": float(stats["ppo/mean_scores"]),
        "klOfLastBatch": float(stats["objective/kl"]),
    }
print(record.line())
