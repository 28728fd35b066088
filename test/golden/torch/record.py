"""Writes files with torch.save, and what stands in them as safetensors: python record.py

`neox` is ../models/neox-sequential as pytorch_model.bin, `neox-sharded` the same in two files with an index, both with buffers
beside the weights; `gpt2` is ../models/gpt2 as TRL saved GPT-2 with a value head; `strides.bin` has views of shared storages in all formats, `old.bin` the format before PyTorch 1.6,
`refused-*.bin` pickles that would run something.
"""
import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
BASE = HERE.parent / "models" / "neox-sequential"


def save(tensors, path, **settings):
    path.parent.mkdir(exist_ok=True)
    torch.save(tensors, path, **settings)


weights = load_file(BASE / "model.safetensors")
state = OrderedDict(weights)
state._metadata = OrderedDict([("", {"version": 1})])
state["embed_out.weight"] = torch.nn.Parameter(weights["embed_out.weight"])
name = "gpt_neox.layers.1.mlp.dense_h_to_4h.weight"
state[name] = weights[name].t().contiguous().t()
for layer in range(2):
    at = f"gpt_neox.layers.{layer}.attention"
    state[f"{at}.bias"] = torch.ones(1, 1, 8, 8, dtype=torch.bool).tril()
    state[f"{at}.masked_bias"] = torch.tensor(-1e9)
    state[f"{at}.rotary_emb.inv_freq"] = torch.ones(1)
state["v_head.summary.weight"] = torch.ones(1, 8)
save(state, HERE / "neox" / "pytorch_model.bin")

names = list(state)
parts = [names[: len(names) // 2], names[len(names) // 2 :]]
weight_map = {}
for number, part in enumerate(parts, 1):
    file = f"pytorch_model-{number:05}-of-00002.bin"
    save({key: state[key] for key in part}, HERE / "neox-sharded" / file, pickle_protocol=2 + 2 * (number - 1))
    weight_map.update({key: file for key in part})
(HERE / "neox-sharded" / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}, indent=1) + "\n")

weights = load_file(HERE.parent / "models" / "gpt2" / "model.safetensors")
state = OrderedDict(weights)
for layer in range(2):
    state[f"transformer.h.{layer}.attn.bias"] = torch.ones(1, 1, 8, 8, dtype=torch.uint8).tril()
    state[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
# The same storage twice, as a tied embedding is saved.
state["lm_head.weight"] = state["transformer.wte.weight"]
state["v_head.summary.weight"] = torch.ones(1, 8)
state["v_head.summary.bias"] = torch.zeros(1)
save(state, HERE / "gpt2" / "pytorch_model.bin")

torch.manual_seed(0)
numbers = torch.randn(6, 8)
views = {
    "whole": numbers,
    "rows": numbers[2:4],
    "columns": numbers[:, 1:7:2],
    "transposed": numbers.t(),
    "permuted": numbers.view(2, 3, 8).permute(2, 0, 1),
    "scalar": numbers[5, 7],
    "none": numbers[:0],
    "half": numbers.half()[1:],
    "bfloat": numbers.bfloat16().t(),
    "double": numbers.double()[:, ::2],
}
others = {"mask": numbers > 0, "counts": torch.arange(5), "expanded": torch.ones(1).expand(4, 4)}
save({**views, **others}, HERE / "strides.bin")
save_file({key: tensor.float().contiguous().clone() for key, tensor in views.items()}, HERE / "strides.safetensors")
save({"a": numbers}, HERE / "old.bin", _use_new_zipfile_serialization=False)


class Call:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def refused(name, value):
    """A zip file as torch.save makes it, around any pickle."""
    data = io.BytesIO()
    pickle.Pickler(data, protocol=2).dump(value)
    with zipfile.ZipFile(HERE / f"refused-{name}.bin", "w") as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), data.getvalue())
        archive.writestr(zipfile.ZipInfo("archive/version"), "3\n")


refused("system", {"a": Call(os.system, "touch /tmp/rewardscope-was-here")})
refused("eval", Call(eval, "1 + 1"))
refused("attribute", {"a": Call(getattr, "text", "upper")})
refused("bytes", {"a": Call(torch.storage._load_from_bytes, b"")})
refused("class", {"a": Path("/etc/passwd")})
