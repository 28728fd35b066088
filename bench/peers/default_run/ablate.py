"""Stages evaluate, ablate and frequency: rewards of completions, with and without features, and activity of these."""

import numpy as np
import torch
from clock import record
from intervals import mean_interval, ratio_interval
from language import Edited, MlpOutputs, by_length, complete, distinct_bigrams, log_probs, padded

NEAREST = 10


def evaluate(models, reward, inputs, rng):
    """Completions of held-out prompts by both models, with rewards and log-probabilities under both."""
    prompts = inputs["texts"]["evaluate"]
    settings, count = inputs["ppo"]["evaluation"], inputs["config"]["statistics"]["resamples"]
    seed = int(rng.integers(2**31))
    rows, texts = {}, {}
    for source, model in models.items():
        found = complete(model, prompts, settings["newTokens"], seed)
        whole, own, texts[source] = reward.completions(prompts, found)
        logs = {role: log_probs(other, prompts, found) for role, other in models.items()}
        parts = zip(found, whole, own, logs["base"], logs["tuned"])
        names = ("ids", "reward", "completionReward", "baseLogProb", "tunedLogProb")
        rows[source] = [dict(zip(names, one)) for one in parts]

    def of(role, name):
        return np.array([one[name] for one in rows[role]])

    results = {f"distinct2 {role}": distinct_bigrams(own) for role, own in texts.items()}
    for name in ("reward", "completionReward"):
        base, tuned = of("base", name), of("tuned", name)
        parts = (("base", base), ("tuned", tuned), ("gain", tuned - base))
        results |= {f"{name} {part}": mean_interval(values, rng, count)["value"] for part, values in parts}
    for role in rows:
        losses = [-one["baseLogProb"] / len(one["ids"]) for one in rows[role]]
        results[f"basePerplexity {role}"] = float(np.exp(mean_interval(losses, rng, count)["value"]))
    ratios = of("tuned", "tunedLogProb") - of("tuned", "baseLogProb")
    lengths = [len(one["ids"]) for one in rows["tuned"]]
    results["kl"] = mean_interval(ratios, rng, count)["value"]
    results["klPerToken"] = ratio_interval(ratios, lengths, rng, count)["value"]
    record.results["evaluate"] = results
    return rows


def control(kind, related, densities, rng):
    """As many features as are labelled, none of them labelled: at random, or of the nearest frequencies."""
    open_ = np.setdiff1d(np.arange(len(densities)), related)
    if len(open_) < len(related):
        return None
    if kind == "random":
        return rng.permutation(open_)[: len(related)]
    drawn = []
    for feature in related:
        left = np.setdiff1d(open_, drawn)
        nearest = left[np.argsort(np.abs(densities[left] - densities[feature]), kind="stable")[:NEAREST]]
        drawn.append(rng.choice(nearest))
    return np.array(drawn, int)


def subtracting(dictionary, sets):
    """Edits that subtract features, by the place of the layer."""

    def edit(i, own):
        own = torch.as_tensor(np.array(own, int))
        encoder, bias = dictionary.encoder[i][:, own], dictionary.encoder_bias[i, 0, own]
        rows, threshold = dictionary.decoder[i][own], dictionary.threshold[i, own]

        def subtract(out):
            before = out @ encoder + bias
            return out - (before.relu() * (before > threshold)) @ rows

        return subtract

    return {i: edit(i, own) for i, own in enumerate(sets) if own is not None and len(own)}


def ablate(models, layers, small, explained, reward, inputs, rng):
    settings, count = inputs["config"]["ablation"], inputs["config"]["statistics"]["resamples"]
    prompts = inputs["texts"]["evaluate"][: settings["prompts"]]
    seed = int(rng.integers(2**31))
    related = explained.related("tuned")
    densities = explained.densities["tuned"]

    def rewards(model, sets=()):
        edits = {layers[i]: edit for i, edit in subtracting(small["tuned"], sets).items()}
        with Edited(model, edits):
            found = complete(model, prompts, settings["newTokens"], seed)
        return np.stack(reward.completions(prompts, found)[:2])

    base, before = rewards(models["base"]), rewards(models["tuned"])
    after = rewards(models["tuned"], related) if any(related) else before
    results = {"related": sum(map(len, related))}
    for i, name in enumerate(("reward", "completion")):
        parts = (("base", base), ("before", before), ("after", after), ("effect", after - before))
        results |= {f"{name} {part}": mean_interval(values[i], rng, count)["value"] for part, values in parts}
    for kind in settings["controls"] if any(related) else ():
        effects = []
        for _ in range(settings["draws"]):
            sets = [control(kind, own, densities[i], rng) for i, own in enumerate(related)]
            if any(one is None for one in sets):
                break
            effects.append(rewards(models["tuned"], sets)[0] - before[0])
            mean_interval(effects[-1], rng, count)
        if effects:
            over = np.mean(effects, 0)
            results[f"{kind} effect"] = mean_interval(over, rng, count)["value"]
            results[f"{kind} difference"] = mean_interval(after[0] - before[0] - over, rng, count)["value"]
    record.results["ablate"] = results


@torch.inference_mode()
def frequency(models, layers, small, probes, explained, words, inputs, rng):
    """Share of positions with a high predicted reward at which features are active, with matched features."""
    texts, count = inputs["texts"]["frequency"], inputs["config"]["statistics"]["resamples"]
    threshold = inputs["config"]["probe"]["threshold"]
    ends = [[end - 1 for word, _, end in words.spans(text) if word in words.lexicon] for text in texts]
    results = {}
    for role, model in models.items():
        dictionary = small[role]
        tokens = torch.zeros(len(layers), dictionary.decoder.shape[1])
        active, predicted, text_of = [], [], []
        with MlpOutputs(model, layers) as outputs:
            for batch in by_length([len(text) for text in texts]):
                ids, mask = padded([texts[i] for i in batch])
                codes = [dictionary.encode(i, out) for i, out in enumerate(outputs.of(ids))]
                for i, own in enumerate(codes):
                    tokens[i] += (own > 0)[mask].sum(0)
                at = [(b, t, i) for b, i in enumerate(batch) for t in ends[i]]
                if not at:
                    continue
                b, t, number = np.array(at).T
                chosen = torch.cat([own[b, t] for own in codes], 1).numpy()
                predicted.append(probes[role].predict(chosen))
                active.append(chosen > 0)
                text_of.append(number)
        active, predicted, text_of = map(np.concatenate, (active, predicted, text_of))
        high = predicted > threshold
        if not high.any():
            high[np.argsort(-predicted)[: -(-len(predicted) // 10)]] = True
        tokens = tokens.flatten().numpy()
        size = dictionary.decoder.shape[1]
        related = [i * size + feature for i, own in enumerate(explained.related(role)) for feature in own]
        matched = []
        for feature in related:
            layer = np.arange(feature // size * size, (feature // size + 1) * size)
            others = np.setdiff1d(layer, related)
            distance = np.abs(tokens[others] - tokens[feature])
            matched += others[np.argsort(distance, kind="stable")[:NEAREST]].tolist()
        kept, own = active[high], text_of[high]
        results[f"{role} highPositions"] = int(high.sum())
        for name, features in (("related", related), ("average", np.arange(active.shape[1])), ("matched", matched)):
            sums = np.bincount(own, weights=kept[:, features].sum(1), minlength=len(texts))
            counts = len(features) * np.bincount(own, minlength=len(texts))
            used = counts > 0
            results[f"{role} {name}"] = ratio_interval(sums[used], counts[used], rng, count)["value"]
        record.count("positions", len(predicted))
    record.results["frequency"] = results
