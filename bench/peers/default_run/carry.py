"""Stage carry: where the difference of both models lies, by weights, by parts put into either model, and by dose."""

from copy import deepcopy

import numpy as np
import torch
from clock import record
from intervals import interval, mean_interval, resamples
from language import complete, completion_log_probs, distinct_bigrams, log_probs
from interchange import interchange

PAIRS_AT_ONCE = 4  # Pairs whose gradients are taken together; intervals of the path resample such batches.


class Between:
    """A third model, whose weights are those of base, tuned, or anything between, part by part."""

    def __init__(self, models):
        self.models = models
        self.weights = {role: dict(model.named_parameters()) for role, model in models.items()}
        self.model = deepcopy(models["base"])
        self.own = dict(self.model.named_parameters())

    @torch.no_grad()
    def dose(self, dose):
        for name, own in self.own.items():
            torch.lerp(self.weights["base"][name], self.weights["tuned"][name], dose, out=own.data)

    @torch.no_grad()
    def put(self, recipient, names):
        donor = "tuned" if recipient == "base" else "base"
        for name, own in self.own.items():
            own.copy_(self.weights[donor if name in names else recipient][name])


def part_of(name):
    """(module, layer) of a parameter."""
    parts = name.split(".")
    layer = int(parts[2]) if "layers" in parts else None
    if "norm" in name:
        return "norm", None
    if layer is None:
        return "embedding", None
    return ("attention" if "attention" in parts else "mlp"), layer


def parts_of(names):
    """Single parts and groups of parts, with their parameters."""
    single = {}
    for name in names:
        single.setdefault(part_of(name), set()).add(name)
    groups = {
        "attention": ["attention"],
        "mlps": ["mlp"],
        "layers": ["attention", "mlp"],
        "embeddingAndAttention": ["embedding", "attention"],
        "embeddingAndMlps": ["embedding", "mlp"],
    }
    return single, {group: {n for n in names if part_of(n)[0] in modules} for group, modules in groups.items()}


def contrast(model, prompts, pairs):
    """log p(tuned model's completion) - log p(base model's), per prompt."""
    return log_probs(model, prompts, pairs["tuned"]) - log_probs(model, prompts, pairs["base"])


def weight_path(between, prompts, pairs, points):
    """Integrated gradients of the contrast along the weights: per tensor and batch, and per head, neuron and token."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    batches = [slice(s, s + PAIRS_AT_ONCE) for s in range(0, len(prompts), PAIRS_AT_ONCE)]
    base, tuned = between.weights["base"], between.weights["tuned"]
    change = {name: tuned[name] - base[name] for name in between.own}
    totals = {name: torch.zeros_like(own) for name, own in change.items()}
    of_batches = np.zeros((len(change), len(batches)))
    between.model.requires_grad_(True)
    for at, weight in zip((nodes + 1) / 2, weights / 2):
        between.dose(float(at))
        for batch, own in enumerate(batches):
            texts = [*pairs["tuned"][own], *pairs["base"][own]]
            logs = completion_log_probs(between.model, prompts[own] * 2, texts)
            half = len(logs) // 2
            between.model.zero_grad()
            (logs[:half].sum() - logs[half:].sum()).backward()
            record.count("backward passes", len(texts))
            for i, (name, parameter) in enumerate(between.own.items()):
                product = parameter.grad * change[name]
                of_batches[i, batch] += weight * product.sum().item()
                totals[name].add_(product, alpha=weight / len(prompts))
    between.model.requires_grad_(False)
    between.model.zero_grad()
    units = {}
    heads = between.model.config.num_attention_heads
    for name, total in totals.items():
        module, layer = part_of(name)
        axis = 1 if name.endswith(("dense.weight", "dense_4h_to_h.weight")) else 0
        sums = total.flatten(1).sum(1 - axis) if total.dim() > 1 else total
        if module == "norm" or name.endswith(("dense.bias", "dense_4h_to_h.bias")):
            continue
        sums = sums.reshape(heads, -1).sum(1) if module == "attention" else sums
        units[module, layer] = units.get((module, layer), 0) + sums
    return list(change), of_batches, units


class Shares:
    """Effects on the contrast as shares of the difference of both models, over common resamples of prompts."""

    def __init__(self, ends, rng, count):
        self.ends, self.rng, self.count = ends, rng, count
        self.whole = ends["tuned"] - ends["base"]

    def effect(self, recipient, own):
        return (own - self.ends[recipient]) * (1 if recipient == "base" else -1)

    def of(self, effect, reward=None):
        """Intervals of the change, of its share, and of the change of reward."""
        columns = [effect, self.whole] + ([reward] if reward is not None else [])
        table = np.stack(columns, 1)
        drawn = resamples(self.rng, len(effect), self.count) @ table / len(effect)
        value = table.mean(0)
        interval(value[0], drawn[:, 0])
        if reward is not None:
            interval(value[2], drawn[:, 2])
        return interval(value[0] / value[1], drawn[:, 0] / drawn[:, 1])["value"]


def run(models, layers, shared, reward, words, inputs, rng):
    settings, count = inputs["config"]["carry"], inputs["config"]["statistics"]["resamples"]
    prompts = inputs["texts"]["evaluate"][: settings["prompts"]]
    seed = int(rng.integers(2**31))
    between = Between(models)

    def sampled(model):
        own = complete(model, prompts, settings["newTokens"], seed)
        rewards, _, texts = reward.completions(prompts, own)
        return own, rewards, texts

    # 1. One completion of each prompt by each model.
    written = {role: sampled(model) for role, model in models.items()}
    pairs = {role: own[0] for role, own in written.items()}
    rewards = {role: own[1] for role, own in written.items()}
    ends = {role: contrast(model, prompts, pairs) for role, model in models.items()}
    shares = Shares(ends, rng, count)
    results = {"contrast": mean_interval(shares.whole, rng, count)["value"]}
    for values in (rewards["base"], rewards["tuned"], rewards["tuned"] - rewards["base"]):
        mean_interval(values, rng, count)

    # 2. The weights.
    names, of_batches, units = weight_path(between, prompts, pairs, settings["pathPoints"])
    single, groups = parts_of(names)
    sums = np.stack([of_batches[[names.index(n) for n in own]].sum(0) for own in single.values()])
    drawn = resamples(rng, sums.shape[1], count) @ sums.T
    for part, value, column in zip(single, sums.sum(1) / sums.sum(), drawn.T):
        results[f"path {part}"] = interval(value, column / drawn.sum(1))["value"]
    results["pathSum"] = sums.sum() / len(prompts)
    results["pathError"] = abs(results["pathSum"] / results["contrast"] - 1)
    counts = [np.bincount(np.concatenate(pairs[role]), minlength=len(words.texts)) for role in pairs]
    top = np.argsort(-units["embedding", None].numpy())[:10]
    results["tokens"] = [(words.texts[t], int(counts[0][t]), int(counts[1][t])) for t in top]

    # 3. The parts, into either model.
    together = {"base": 0, "tuned": 0}
    for part, own in (single | groups).items():
        for recipient in ("base", "tuned"):
            between.put(recipient, own)
            effect = shares.effect(recipient, contrast(between.model, prompts, pairs))
            if part in single:
                together[recipient] = together[recipient] + effect
            change = None
            if settings["rewardedParts"] == "all" or part in groups or part[1] is None:
                change = sampled(between.model)[1] - rewards[recipient]
            results[f"part {part} into {recipient}"] = shares.of(effect, change)
    for recipient, effect in together.items():
        results[f"together {recipient}"] = shares.of(effect)

    # 4. The doses.
    for dose in sorted({*settings["doses"], 0, 1}):
        model = models["base"] if dose == 0 else models["tuned"] if dose == 1 else between.model
        if model is between.model:
            between.dose(dose)
        role = {0: "base", 1: "tuned"}.get(dose)
        own, of_dose, texts = written[role] if role else sampled(model)
        ratios = log_probs(model, prompts, own) - log_probs(models["base"], prompts, own)
        results[f"dose {dose} reward"] = mean_interval(of_dose, rng, count)["value"]
        mean_interval(of_dose - rewards["base"], rng, count)
        results[f"dose {dose} kl"] = mean_interval(ratios, rng, count)["value"]
        distinct_bigrams(texts)
    results["features"] = interchange(models, layers, shared, prompts, pairs, settings["featureCounts"], rng, count)
    record.results["carry"] = results
