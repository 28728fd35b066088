"""The heavy work of the default run in Python: TRL 0.7.7 for tuning, PyTorch for autoencoders and passes, NumPy for regressions.

    python default_run.py SETTINGS.json INPUTS.json

SETTINGS.json is what test/peers/learning/settings.ts writes, INPUTS.json what bench/work/default-inputs.ts reads from a finished run.
Bootstraps, labels, scores, implicit rewards and the report are left out, which favours this side. Prints seconds per stage.
"""

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "test" / "peers" / "learning"))
from trl_trainer import make_trainer, reward, sample_batch  # noqa: E402

given, inputs = (json.loads(Path(path).read_text()) for path in sys.argv[1:3])
torch.manual_seed(42)
seconds = {}


@contextmanager
def stage(name):
    began = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - began, 1)
    print(name, seconds[name], flush=True)


def padded(rows, side):
    longest = max(map(len, rows))
    pads = [longest - len(row) for row in rows]
    ids = [[0] * pad + row if side == "left" else row + [0] * pad for row, pad in zip(rows, pads)]
    mask = [[0] * pad + [1] * len(row) if side == "left" else [1] * len(row) + [0] * pad for row, pad in zip(rows, pads)]
    return torch.tensor(ids), torch.tensor(mask)


@torch.inference_mode()
def completions(model, prompts, new_tokens=40):
    rows = []
    for start in range(0, len(prompts), 128):
        ids, mask = padded(prompts[start : start + 128], "left")
        rows += model.generate(
            input_ids=ids, attention_mask=mask, do_sample=True, top_k=0, top_p=1.0, max_new_tokens=new_tokens, pad_token_id=0
        ).tolist()
    return rows


@torch.inference_mode()
def log_probs(model, rows, first):
    sums = []
    for start in range(0, len(rows), 32):
        ids = torch.tensor(rows[start : start + 32])
        logits = model(ids).logits[:, first - 1 : -1].log_softmax(-1)
        sums += logits.gather(2, ids[:, first:, None]).sum((1, 2)).tolist()
    return sums


def mlps(model):
    return [model.gpt_neox.layers[layer].mlp for layer in inputs["layers"]]


class Outputs:
    """MLP outputs of the chosen layers; passes end after the last of them."""

    def __init__(self, model):
        self.model, self.kept = model, {}
        self.handles = [mlp.register_forward_hook(lambda _, __, out, i=i: self.kept.__setitem__(i, out)) for i, mlp in enumerate(mlps(model))]

    @torch.inference_mode()
    def of(self, rows, side="right"):
        ids, mask = padded(rows, side)
        self.model.gpt_neox(input_ids=ids, attention_mask=mask)
        return [self.kept[i] for i in range(len(self.handles))], mask.bool()


class Tied(torch.nn.Module):
    def __init__(self, width, features):
        super().__init__()
        self.rows = torch.nn.Parameter(torch.nn.init.xavier_uniform_(torch.empty(features, width)))
        self.encoder_bias = torch.nn.Parameter(torch.zeros(features))
        self.decoder_bias = torch.nn.Parameter(torch.zeros(width))

    def encode(self, x):
        return torch.relu(x @ torch.nn.functional.normalize(self.rows, dim=1).T + self.encoder_bias)

    def loss(self, x, l1):
        codes = self.encode(x)
        error = codes @ torch.nn.functional.normalize(self.rows, dim=1) + self.decoder_bias - x
        return error.square().mean() + l1 * codes.sum(1).mean()


def dictionaries(model):
    width = model.config.hidden_size
    pairs = [torch.nn.ModuleList([Tied(width, width), Tied(width, 2 * width)]) for _ in inputs["layers"]]
    optimizers = [torch.optim.Adam(pair.parameters(), lr=0.003) for pair in pairs]
    outputs = Outputs(model)
    texts = sorted(inputs["trainingTexts"], key=len)
    batches = [texts[start : start + 8] for start in range(0, len(texts), 8)]
    for _ in range(3):
        for i in np.random.permutation(len(batches)):
            layers, mask = outputs.of(batches[i])
            for pair, optimizer, out in zip(pairs, optimizers, layers):
                x = out[mask].clone()
                optimizer.zero_grad()
                sum(autoencoder.loss(x, 0.006) for autoencoder in pair).backward()
                optimizer.step()
    return [pair[0] for pair in pairs]


@torch.inference_mode()
def deltas(model, small):
    outputs = Outputs(model)
    rows, labels = [], []
    triples = sorted(inputs["triples"], key=lambda triple: len(triple["context"]))
    for start in range(0, len(triples), 32):
        part = triples[start : start + 32]
        codes = []
        for word in ("positive", "negative", "neutral"):
            layers, _ = outputs.of([triple["context"] + [triple[word]["token"]] for triple in part], "left")
            codes.append([autoencoder.encode(out[:, -1]) for autoencoder, out in zip(small, layers)])
        for sign, own in ((1, codes[0]), (-1, codes[1])):
            rows.append(torch.cat(own, 1))
            labels.append(sign * sum((a - b).norm(dim=1) for a, b in zip(own, codes[2])))
    return torch.cat(rows).numpy().astype(np.float64), torch.cat(labels).numpy().astype(np.float64)


def regressions(x, y, folds=5):
    """Least squares and ridge out of fold, four labelings at once."""
    labels = np.stack([y, np.sign(y), np.random.permutation(y), np.random.permutation(y)], 1)
    order = np.random.permutation(len(x))
    for fold in range(folds):
        kept = np.setdiff1d(order, order[fold::folds])
        own, target = x[kept] - x[kept].mean(0), labels[kept] - labels[kept].mean(0)
        values, vectors = np.linalg.eigh(own.T @ own)
        projected = vectors.T @ (own.T @ target)
        for strength in np.logspace(-3, 4, 8) * len(kept):
            vectors @ (projected / (values + strength)[:, None])


@torch.inference_mode()
def encode_texts(model, small):
    outputs = Outputs(model)
    texts = sorted(inputs["texts"], key=len)
    for start in range(0, len(texts), 32):
        layers, mask = outputs.of(texts[start : start + 32])
        [autoencoder.encode(out[mask]) for autoencoder, out in zip(small, layers)]


def ablated(model, small, features):
    def hook(autoencoder, own):
        rows = torch.nn.functional.normalize(autoencoder.rows, dim=1)[own]
        return lambda _, __, out: out - torch.relu(out @ rows.T + autoencoder.encoder_bias[own]) @ rows

    handles = [mlp.register_forward_hook(hook(autoencoder, own)) for mlp, autoencoder, own in zip(mlps(model), small, features)]
    rows = completions(model, inputs["prompts"][:400])
    [handle.remove() for handle in handles]
    return rows


began = time.monotonic()
with stage("tune"):
    trainer = make_trainer(given, 42)
    draw = np.random.default_rng(42)
    for number in range(given["ppo"]["batches"]):
        batch = sample_batch(trainer, given, number, draw)
        trainer.step(batch.queries, batch.responses, [torch.tensor(score) for score in batch.scores])
    models = {"base": trainer.ref_model.pretrained_model.eval(), "tuned": trainer.model.pretrained_model.eval()}
    for model in models.values():
        rows = completions(model, inputs["prompts"])
        [reward(text, given) for text in trainer.tokenizer.batch_decode(rows)]
        for scorer in models.values():
            log_probs(scorer, rows, 30)
with stage("dictionaries"):
    small = {name: dictionaries(model) for name, model in models.items()}
with stage("explain"):
    for name, model in models.items():
        encode_texts(model, small[name])
with stage("probe"):
    for name, model in models.items():
        regressions(*deltas(model, small[name]))
        encode_texts(model, small[name])
with stage("ablate"):
    none = [[] for _ in inputs["layers"]]
    with torch.inference_mode():
        completions(models["base"], inputs["prompts"][:400])
        for _ in range(7):
            ablated(models["tuned"], small["tuned"], [list(range(8)) for _ in inputs["layers"]])
print(json.dumps({"seconds": seconds, "total": round(time.monotonic() - began, 1)}))
