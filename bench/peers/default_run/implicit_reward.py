"""Stage implicit-reward: log-ratios of the models per word and completion, against the given reward and the probe."""

from collections import Counter

import numpy as np
import torch
from clock import record
from intervals import RankAgreement, interval, mean_interval, pearson, resamples, shuffled_within_signs
from language import padded

FREQUENT_WORDS, TOP_WORDS, PRIOR_WORDS = 50, 20, 500
AT_ONCE = 16  # Texts whose logits are in memory.


@torch.inference_mode()
def token_rewards(models, texts):
    """Of each token: the centred log-ratio, weighted by the base model's probabilities, and its expected visits."""
    size = models["base"].config.vocab_size
    weighted, visits = torch.zeros(size, dtype=torch.float64), torch.zeros(size, dtype=torch.float64)
    centre, positions = 0.0, 0
    for start in range(0, len(texts), AT_ONCE):
        ids, mask = padded(texts[start : start + AT_ONCE])
        record.count("passes", 2 * len(ids))
        logs = []
        for model in models.values():
            states = model.gpt_neox(input_ids=ids, use_cache=False).last_hidden_state[mask]
            logs.append(model.get_output_embeddings()(states).log_softmax(1))
        ratio, probability = logs[1] - logs[0], logs[0].exp()
        own = (probability * ratio).sum(1, keepdim=True)
        weighted += (probability * (ratio - own)).sum(0)
        visits += probability.sum(0)
        centre += own.sum().item()
        positions += int(mask.sum())
    record.count("positions", positions)
    return (weighted / visits).numpy(), visits.numpy(), -centre / positions


def words_of(models, texts, words, lexicons, rng, count):
    values, visits, kl = token_rewards(models, texts)
    found = []
    for token, text in enumerate(words.texts):
        if words.plain[token] and text[1:] in words.lexicon:
            found.append((text[1:], words.lexicon[text[1:]], values[token], visits[token]))
    found.sort()
    names = [one[0] for one in found]
    truth, value, seen = np.array([one[1:] for one in found]).T
    by_visits = np.argsort(-seen)
    masks = {"all": seen >= 0, "negative": truth < 0, "positive": truth > 0, "visited": seen >= 1}
    masks["likeliest"] = np.isin(np.arange(len(seen)), by_visits[: -(-len(seen) // 5)])
    results = {"klFromBase": kl, "words": len(names), "visited": int(masks["visited"].sum())}
    for name, own in masks.items():
        if own.sum() >= 2:
            results[f"tau {name}"] = RankAgreement(truth[own], rng, count).of(value[own])["tau"]["value"]
    for name in ("all", "visited"):
        own = masks[name]
        agreement = np.sign(value[own]) == np.sign(truth[own])
        results[f"signAgreement {name}"] = mean_interval(agreement, rng, count)["value"]
        shuffled = shuffled_within_signs(value[own], truth[own], rng)
        controls = {"signs": np.sign(value[own]), "shuffledWithinPolarity": shuffled, "baseMass": seen[own]}
        for control, of in controls.items():
            results[f"{control} {name}"] = RankAgreement(truth[own], rng, count).of(of)["tau"]["value"]
        both = [i for i in np.flatnonzero(own) if names[i] in lexicons["tuned"]]
        agreement = RankAgreement(truth[both], rng, count)
        first = agreement.of(value[both])
        for i, estimator in enumerate(("leastSquares", "ridge")):
            other = agreement.of([lexicons["tuned"][names[w]][i] for w in both])
            drawn = first["replicates"] - other["replicates"]
            difference = interval(first["tau"]["value"] - other["tau"]["value"], drawn)
            results[f"against probe {estimator} {name}"] = difference["value"]
    return results


def of_others(values, rng):
    """A permutation in which none keeps its place."""
    order = rng.permutation(len(values))
    moved = np.empty(len(values))
    moved[order] = values[np.roll(order, -1)]
    return moved


def sources(rows, of):
    """One number per prompt: of the base model's completion, of the tuned one's, and their difference."""
    base, tuned = (np.array([of(one) for one in rows[role]], float) for role in ("base", "tuned"))
    return {"base": base, "tuned": tuned, "withinPrompt": tuned - base}


def agreement_of_texts(rows, rng, count):
    ratios = sources(rows, lambda one: one["tunedLogProb"] - one["baseLogProb"])
    likelihood = sources(rows, lambda one: one["baseLogProb"])
    results = {}
    for rewarded in ("completionReward", "reward"):
        rewards = sources(rows, lambda one: one[rewarded])
        for source, values in ratios.items():
            own, others = rewards[source], of_others(rewards[source], rng)
            agreement = RankAgreement(own, rng, count)
            every = np.r_[np.ones((1, len(own))), agreement.weights.astype(float)]
            columns = [pearson(every, a, b) for a, b in ((values, own), (values, others), (likelihood[source], own))]
            columns.append(np.sqrt((1 - columns[0]) / 2))
            found = [interval(column[0], column[1:])["value"] for column in columns]
            results[f"pearson {source} {rewarded}"] = found[0]
            results[f"tau {source} {rewarded}"] = agreement.of(values)["tau"]["value"]
    return results


def count_features(one, words, frequent, eos=0):
    ids = [token for token in one["ids"] if token != eos]
    texts = [words.texts[token].strip() for token in ids]
    pairs = len(set(zip(ids, ids[1:])))
    return [
        one["completionReward"],
        len(ids),
        one["ids"][-1:] == [eos],
        sum(text != "" and not any(c.isalnum() for c in text) for text in texts),
        max(0, len(ids) - 1) - pairs,
        sum(word in frequent for word, _, _ in words.spans(ids)),
    ]


def variance_shares(weights, x, y):
    """R-squared of least squares with intercept under each row of weights, and its loss without each column."""
    table = np.c_[np.ones(len(y)), x, y]
    products = (table[:, :, None] * table[:, None]).reshape(len(y), -1)
    size = table.shape[1]
    moments = (weights @ products).reshape(-1, size, size)
    n = moments[:, :1, :1]
    covariance = (moments - moments[:, :, :1] * moments[:, :1] / n)[:, 1:, 1:]
    deviations = np.sqrt(np.maximum(covariance.diagonal(axis1=1, axis2=2), 0))
    constant = deviations <= 1e-9
    scale = np.where(constant, 1, deviations)
    correlation = covariance / scale[:, :, None] / scale[:, None]
    columns = correlation[:, :-1, :-1]
    at = np.arange(size - 2)
    # A constant column explains nothing.
    columns[:, at, at] = 1.0
    right = correlation[:, :-1, -1]
    inverse = np.linalg.inv(columns + 1e-10 * np.eye(size - 2))
    coefficients = (inverse @ right[:, :, None])[:, :, 0]
    r2 = (coefficients * right).sum(1)
    drops = np.maximum(0, coefficients**2 / inverse.diagonal(axis1=1, axis2=2))
    return r2, drops, coefficients


def attribution(rows, words, texts, rng, count):
    spoken = Counter(word for text in texts for word, _, _ in words.spans(text) if any(c.isalpha() for c in word))
    frequent = {word for word, _ in sorted(spoken.items(), key=lambda item: (-item[1], item[0]))[:FREQUENT_WORDS]}
    features = {role: np.array([count_features(one, words, frequent) for one in rows[role]], float) for role in rows}
    features["withinPrompt"] = features["tuned"] - features["base"]
    results = {}
    for source, y in sources(rows, lambda one: one["tunedLogProb"] - one["baseLogProb"]).items():
        x = features[source]
        every = np.r_[np.ones((1, len(y))), resamples(rng, len(y), count)]
        r2, drops, _ = variance_shares(every, x, y)
        shuffled = variance_shares(every, np.c_[x, of_others(x[:, 0], rng)], y)[1][:, -1]
        columns = [r2, 1 - r2, shuffled, *drops.T]
        results[source] = [interval(column[0], column[1:])["value"] for column in columns]
    return results


def contrast_words(base, tuned):
    """Log-odds with an informative Dirichlet prior (Monroe et al. 2008), as z-values."""
    totals = sum(base.values()), sum(tuned.values())
    names = sorted(base.keys() | tuned.keys())
    b, t = (np.array([counts[name] for name in names], float) for counts in (base, tuned))
    prior = PRIOR_WORDS * (b + t) / sum(totals)
    odds = [np.log((y + prior) / (n + PRIOR_WORDS - y - prior)) for y, n in ((b, totals[0]), (t, totals[1]))]
    z = (odds[1] - odds[0]) / np.sqrt(1 / (t + prior) + 1 / (b + prior))
    return sorted(zip(z, names), reverse=True)


def over_represented(rows, words, rng):
    spoken = {role: [[w for w, _, _ in words.spans(one["ids"])] for one in rows[role]] for role in rows}
    whole = contrast_words(*(Counter(w for own in spoken[role] for w in own) for role in ("base", "tuned")))
    tossed = [(b, t) if rng.random() < 0.5 else (t, b) for b, t in zip(spoken["base"], spoken["tuned"])]
    chance = contrast_words(*(Counter(w for pair in tossed for w in pair[i]) for i in (0, 1)))
    beyond = [sum(abs(z) > 1.96 for z, _ in of) for of in (whole, chance)]
    return {"more": [name for _, name in whole[:TOP_WORDS]], "beyond196": beyond}


def run(models, rows, words, lexicons, inputs, rng):
    ppo, count = inputs["ppo"], inputs["config"]["statistics"]["resamples"]
    # As long as the contexts of tuning.
    texts = [text[: ppo["queryTokens"][1] + ppo["responseTokens"][1]] for text in inputs["texts"]["frequency"]]
    record.results["implicit-reward"] = {
        **words_of(models, texts, words, lexicons, rng, count),
        **agreement_of_texts(rows, rng, count),
        "attribution": attribution(rows, words, texts, rng, count),
        **over_represented(rows, words, rng),
    }
