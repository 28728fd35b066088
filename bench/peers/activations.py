"""MLP outputs of 5 of 6 layers by transformers: padded batches of 32 sorted by length, the sixth block left out."""
import sys

import torch
from transformers import AutoModel
from worker import Draws, serve

model = AutoModel.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
model.layers = model.layers[:5]
kept = {}
for layer, block in enumerate(model.layers):
    block.mlp.register_forward_hook(lambda _, __, out, layer=layer: kept.__setitem__(layer, out))
draws = Draws(5)
texts = sorted(([*draws.integers(draws.integer(16, 256), 5, 50000)] for _ in range(128)), key=len)


@torch.inference_mode()
def work():
    for start in range(0, len(texts), 32):
        rows = texts[start : start + 32]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        model(input_ids=ids, attention_mask=mask, use_cache=False)
        # Without padding, as what is trained on them must be.
        [out[mask.bool()] for out in kept.values()]


serve(work)
