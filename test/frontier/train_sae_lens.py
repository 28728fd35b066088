"""Trains dictionaries of several sizes with sae-lens's own trainer on stored activations.

python train_sae_lens.py < JOB.json

Each is saved as a folder of SAELens; one line of JSON has the processor seconds of training. The job's fields are those of
`trainWithSaeLens` in sae-lens.ts.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import load_file
from sae_lens import BatchTopKTrainingSAEConfig, StandardTrainingSAEConfig, TrainingSAE
from sae_lens.config import SAETrainerConfig
from sae_lens.saes.sae import SAEMetadata
from sae_lens.training.mixing_buffer import mixing_buffer
from sae_lens.training.multi_sae_trainer import MultiSAETrainer

job = json.load(sys.stdin)
if version("sae-lens") != job["version"]:
    sys.exit(f"sae-lens: expected {job['version']}, received {version('sae-lens')}; see test/peers/requirements/formats.txt")
settings = job["settings"]
hook = job["hookName"]
steps = job["visits"] // job["batchTokens"]
# Where PyTorch's threads wait for each other, their processor time says little.
torch.set_num_threads(1)
torch.manual_seed(job["seed"])


def texts(x):
    """Whole texts without end, in an order that is drawn anew for each pass."""
    edges = job["edges"]
    while True:
        for group in torch.randperm(len(edges) - 1).split(job["batchTexts"]):
            yield torch.cat([x[edges[text] : edges[text + 1]] for text in group.tolist()])


def batches(x):
    for batch in mixing_buffer(job["buffer"], job["batchTokens"], texts(x)):
        yield {hook: batch}


def untrained(d_in, d_sae):
    known = {
        "d_in": d_in,
        "d_sae": d_sae,
        "normalize_activations": "expected_average_only_in",
        "metadata": SAEMetadata(hook_name=hook),
    }
    if settings["architecture"] == "batchtopk":
        config = BatchTopKTrainingSAEConfig(k=settings["k"], **known)
    else:
        warm_up = int(settings["l1WarmUp"] * steps)
        config = StandardTrainingSAEConfig(l1_coefficient=settings["l1"], l1_warm_up_steps=warm_up, **known)
    return TrainingSAE.from_dict(config.to_dict())


x = load_file(job["activations"])["x"]
before = time.process_time()
saes = {name: untrained(x.shape[1], d_sae) for name, d_sae in job["sizes"].items()}
trainer = MultiSAETrainer(
    cfg=SAETrainerConfig(
        total_training_samples=steps * job["batchTokens"],
        train_batch_size_samples=job["batchTokens"],
        lr=settings["lr"],
        # The runner's default; a constant schedule with decay does not read it.
        lr_end=settings["lr"] / 10,
        lr_decay_steps=int(settings["decay"] * steps),
        dead_feature_window=settings["deadWindow"],
        n_batches_for_norm_estimate=settings["normBatches"],
    ),
    saes=saes,
    hook_names={name: hook for name in saes},
    data_provider=batches(x),
)
trainer.fit()
seconds = time.process_time() - before
for name, sae in saes.items():
    sae.save_inference_model(Path(job["folder"]) / name)
print(json.dumps({"cpuSeconds": seconds}))
