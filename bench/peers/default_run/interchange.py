"""Of the stage carry: codes of shared features exchanged between the models, on the same texts."""

import numpy as np
import torch
from clock import record
from intervals import interval, resamples
from language import MlpOutputs, mlp, padded

RANDOM_DRAWS, NEAREST = 3, 10
DOSES = (0.25, 0.5, 0.75, 1.25)
PAIRS_AT_ONCE = 24


class Batch:
    """Texts of pairs, the tuned model's first, and the sum of log-probabilities of their completions."""

    def __init__(self, prompts, pairs):
        rows = [p + own for role in ("tuned", "base") for p, own in zip(prompts, pairs[role])]
        self.ids, self.mask = padded(rows)
        self.given, self.size = len(prompts[0]), len(prompts)

    def contrast(self, model):
        """[pairs]"""
        record.count("passes", len(self.ids))
        states = model.gpt_neox(input_ids=self.ids, use_cache=False).last_hidden_state[:, self.given - 1 : -1]
        logits = model.get_output_embeddings()(states)
        chosen = logits.gather(2, self.ids[:, self.given :, None])[..., 0] - logits.logsumexp(2)
        logs = (chosen * self.mask[:, self.given :]).sum(1)
        return logs[: self.size] - logs[self.size :]


def read(model, layers, shared, batch, gradients):
    """MLP outputs, codes, and the gradient of the contrast by the outputs, of each layer."""
    with MlpOutputs(model, layers) as outputs:
        if not gradients:
            with torch.inference_mode():
                found = outputs.of(batch.ids)
                return [(out, shared.encode(i, out), None) for i, out in enumerate(found)]
        # Weights have no gradients, so the graph begins at the embedding.
        embedding = model.get_input_embeddings().register_forward_hook(lambda _, __, out: out.requires_grad_())
        total = batch.contrast(model).sum()
        found = [outputs.kept[layer] for layer in layers]
        slopes = torch.autograd.grad(total, found)
        embedding.remove()
    record.count("backward passes", len(batch.ids))
    with torch.no_grad():
        return [(out.detach(), shared.encode(i, out), slope) for i, (out, slope) in enumerate(zip(found, slopes))]


def feature_changes(models, layers, shared, batch):
    """Attribution, size of change and frequency of each feature, and the mean difference of outputs."""
    base, tuned = (read(model, layers, shared, batch, True) for model in models.values())
    tokens = batch.mask.sum().item()
    columns, means = [], []
    for i in range(len(layers)):
        (out, before, slope), (out2, after, slope2) = ([one[batch.mask] for one in own] for own in (base[i], tuned[i]))
        change = after - before
        rows = shared.decoder[i]
        attribution = (change * ((slope + slope2) @ rows.T)).sum(0) / 2 / batch.size
        size = change.abs().sum(0) * rows.norm(dim=1) / tokens
        frequency = ((before > 0).sum(0) + (after > 0).sum(0)) / (2 * tokens)
        columns.append(torch.stack([attribution, size, frequency]))
        means.append((out2 - out).mean(0))
    return torch.cat(columns, 1).double().numpy(), means


def control(kind, chosen, size, frequency, rng):
    """Features that are not chosen: random ones, of near frequency, or of near size and the same sum of sizes."""
    open_ = np.setdiff1d(np.flatnonzero(frequency > 0), chosen)
    if len(open_) < len(chosen):
        return None
    if kind == "random":
        return rng.permutation(open_)[: len(chosen)]
    of, drawn = (size if kind == "size" else frequency), []
    free = np.ones(len(open_), bool)
    for feature in chosen:
        left = np.flatnonzero(free)
        nearest = left[np.argsort(np.abs(of[open_[left]] - of[feature]), kind="stable")[:NEAREST]]
        taken = nearest[0] if kind == "size" else rng.choice(nearest)
        free[taken] = False
        drawn.append(open_[taken])
    if kind == "size":
        reached, wanted = size[drawn].sum(), size[chosen].sum()
        for i in np.argsort(-size[open_], kind="stable"):
            if reached >= wanted:
                break
            if free[i]:
                drawn.append(open_[i])
                reached += size[open_[i]]
    return np.array(drawn)


def exchanging(shared, other, by_layer, dose=1.0, error=False, shift=None):
    """Edits, by the place of the layer: own codes of these features become own + dose * (other - own)."""

    def edit(i):
        features = torch.as_tensor(by_layer[i], dtype=torch.long)
        out_of, codes, _ = other[i]
        rows = shared.decoder[i][features]
        encoder, bias = shared.encoder[i][:, features], shared.encoder_bias[i, 0, features]
        threshold = shared.threshold[i, features]
        given = dose * (codes[..., features] @ rows)
        if error:
            rest = out_of - shared.decode(i, codes)
            keep = torch.ones(shared.decoder.shape[1], 1)
            keep[features] = 0
            kept_rows = shared.decoder[i] * keep
            given = given + rest + shared.decoder_bias[i, 0]
            return lambda own: shared.encode(i, own) @ kept_rows + given
        if shift is not None:
            return lambda own: own + shift[i]
        if len(features) == 0:
            return None

        def exchange(own):
            before = own @ encoder + bias
            return own + given - dose * ((before.relu() * (before > threshold)) @ rows)

        return exchange

    return {i: found for i in range(len(other)) if (found := edit(i)) is not None}


@torch.inference_mode()
def contrast_with(model, layers, batch, edits):
    handles = [
        mlp(model, layers[i]).register_forward_hook(lambda _, __, out, own=own: own(out)) for i, own in edits.items()
    ]
    found = batch.contrast(model)
    for handle in handles:
        handle.remove()
    return found.double().numpy()


def interchange(models, layers, shared, prompts, pairs, counts, rng, count):
    """Shares of the contrast that sets of features carry, chosen on one half of the pairs, measured on the other."""
    halves = [(prompts[h::2], {role: own[h::2] for role, own in pairs.items()}) for h in (0, 1)]
    (attribution, size, frequency), means = feature_changes(models, layers, shared, Batch(*halves[0]))
    ranked = np.argsort(-attribution, kind="stable")
    width = shared.decoder.shape[1]

    def by_layer(features):
        features = np.asarray(features, int)
        return [features[features // width == i] % width for i in range(len(layers))]

    conditions = {}
    for number in sorted(n for n in counts if n < len(ranked)):
        chosen = ranked[:number]
        conditions[f"chosen {number}"] = [dict(by_layer=by_layer(chosen))]
        for kind in ("random", "frequency", "size"):
            number_of_draws = RANDOM_DRAWS if kind == "random" else 1
            draws = [control(kind, chosen, size, frequency, rng) for _ in range(number_of_draws)]
            if all(draw is not None for draw in draws):
                conditions[f"{kind} {number}"] = [dict(by_layer=by_layer(draw)) for draw in draws]
    largest, nothing = by_layer(ranked[: max(counts)]), by_layer([])
    conditions["all"] = [dict(by_layer=by_layer(ranked))]
    conditions["allAndError"] = [dict(by_layer=by_layer(ranked), error=True)]
    conditions["error"] = [dict(by_layer=nothing, error=True)]
    conditions["meanDifference"] = [dict(by_layer=nothing, shift=means)]
    for dose in DOSES:
        conditions[f"dose {dose}"] = [dict(by_layer=largest, dose=dose)]

    effects = {(name, recipient): [] for name in conditions for recipient in models}
    whole = []
    measuring, texts = halves[1]
    for start in range(0, len(measuring), PAIRS_AT_ONCE):
        own = slice(start, start + PAIRS_AT_ONCE)
        batch = Batch(measuring[own], {role: one[own] for role, one in texts.items()})
        values = {role: read(model, layers, shared, batch, False) for role, model in models.items()}
        ends = {role: contrast_with(model, layers, batch, {}) for role, model in models.items()}
        whole.append(ends["tuned"] - ends["base"])
        for recipient, model in models.items():
            other, sign = ("tuned", 1) if recipient == "base" else ("base", -1)
            for name, draws in conditions.items():
                found = []
                for draw in draws:
                    if "shift" in draw:
                        draw = {**draw, "shift": [sign * mean for mean in means]}
                    edits = exchanging(shared, values[other], **draw)
                    found.append(sign * (contrast_with(model, layers, batch, edits) - ends[recipient]))
                effects[name, recipient].append(np.mean(found, 0))
    table = np.stack([np.concatenate(own) for own in (whole, *effects.values())], 1)
    drawn = resamples(rng, len(table), count) @ table
    interval(table[:, 0].mean(), drawn[:, 0] / len(table))
    found = {}
    for i, (name, recipient) in enumerate(effects, 1):
        share = table[:, i].sum() / table[:, 0].sum()
        found[f"{name} into {recipient}"] = interval(share, drawn[:, i] / drawn[:, 0])["value"]
    return found
