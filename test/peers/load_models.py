"""Loads exported models in transformers: the largest difference of logits, one line of JSON. python load_models.py FOLDER"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

worst = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    if json.loads((folder / "config.json").read_text())["model_type"] not in CONFIG_MAPPING:
        continue  # a family that is younger than this version
    ours = load_file(folder / "ours.safetensors")
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, torch_dtype=torch.float32)
    left = [str(value) for name in ("missing_keys", "unexpected_keys", "mismatched_keys") for value in report[name]]
    assert not left, f"{folder.name}: {left}"
    with torch.no_grad():
        logits = model.eval()(input_ids=ours["input_ids"]).logits
    worst[folder.name] = (logits - ours["logits"]).abs().max().item()
print(json.dumps(worst))
