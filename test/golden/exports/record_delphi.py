"""What delphi reads in the export of an invented run.

    node --import tsx test/golden/exports/write.ts FOLDER
    python test/golden/exports/record_delphi.py FOLDER/delphi test/golden/exports/delphi.json

Needs eai-delphi, of which the reader of cached latents needs torch, transformers, asyncer, blobfile, orjson and simple-parsing. delphi imports faiss,
sentence_transformers and sparsify too, which reading does not use; where they are not installed, empty modules stand for them.
"""

import hashlib
import importlib.machinery
import importlib.util
import json
import sys
import types
from pathlib import Path


class Unused(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


for name in ("faiss", "sentence_transformers", "sparsify", "sparsify.data"):
    if "." in name or importlib.util.find_spec(name) is None:
        sys.modules.setdefault(name, Unused(name))
        sys.modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)

from delphi.config import ConstructorConfig, SamplerConfig  # noqa: E402
from delphi.latents import LatentDataset  # noqa: E402


class AnyTokenizer:
    """Records hold texts too, of which only the ids are compared."""

    def batch_decode(self, ids):
        return [str(int(one)) for one in ids]

    def decode(self, ids):
        return " ".join(str(int(one)) for one in ids)


def read_delphi(folder: Path) -> dict:
    """By model and latent: places and activations; the tokens; and what a record for the scorers is made of."""
    result = {}
    for role in sorted(path.name for path in folder.iterdir()):
        constructor = ConstructorConfig(min_examples=1, n_non_activating=1, center_examples=False)
        sampler = SamplerConfig(n_examples_train=1, n_examples_test=0, train_type="top")
        raw = folder / role / "latents"
        dataset = LatentDataset(raw, sampler, constructor, tokenizer=AnyTokenizer())
        latents = {
            str(data.latent): {
                "locations": data.activation_data.locations.tolist(),
                "activations": data.activation_data.activations.tolist(),
            }
            for buffer in dataset.buffers
            for data in buffer
        }
        records = sorted(str(record.latent) for record in dataset if record is not None and record.train)
        explanations = {path.stem: json.loads(path.read_bytes()) for path in sorted((folder / role / "explanations").iterdir())}
        sha256 = {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in raw.rglob("*.safetensors")}
        result[role] = {"sha256": sha256, "tokens": dataset.tokens.tolist(), "latents": latents, "records": records, "explanations": explanations}
    return result


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(read_delphi(Path(sys.argv[1]))) + "\n")
