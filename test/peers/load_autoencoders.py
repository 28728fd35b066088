"""Loads exported autoencoders in sae-lens: the largest difference of codes and reconstructions, one line of JSON.

python load_autoencoders.py FOLDER
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from sae_lens import SAE

worst = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    ours = load_file(folder / "ours.safetensors")
    sae = SAE.load_from_disk(folder, device="cpu")
    with torch.no_grad():
        codes = sae.encode(ours["x"])
        differences = {"codes": codes - ours["codes"], "reconstruction": sae(ours["x"]) - ours["reconstruction"]}
    assert (ours["codes"] > 0).any() and (ours["codes"] == 0).any(), f"{folder.name}: codes are not sparse"
    worst[folder.name] = max(difference.abs().max().item() for difference in differences.values())
print(json.dumps(worst))
