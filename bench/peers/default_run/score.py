"""Stage score: how well patterns predict activations on excerpts of texts that they were not made from.

A pattern is tested on excerpts by the words of whole texts: a word that an excerpt cuts counts as whole.
"""

import numpy as np
from clock import record
from intervals import interval, mean_interval, resamples
from patterns import places, predicted_levels

EXCERPT, SIMULATED = 8, 32
QUANTILES, PER_QUANTILE, FEWEST = 10, 5, 10


class Stretches:
    """Consecutive stretches of a fixed number of tokens from the start of each text."""

    def __init__(self, corpus, length):
        counts = corpus.lengths // length
        self.text = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(self.text)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.positions = (corpus.offsets[self.text] + within * length)[:, None] + np.arange(length)

    def codes(self, evidence):
        return evidence.dense[self.positions]


def over_tenths(firing, rng):
    """Five from each tenth of the highest activation."""
    return np.concatenate([rng.permutation(part)[:PER_QUANTILE] for part in np.array_split(firing, QUANTILES)])


def ascending(peaks):
    firing = np.flatnonzero(peaks > 0)
    return firing[np.argsort(peaks[firing], kind="stable")]


def balanced_accuracy(texts, truth, told, rng, count):
    _, place = np.unique(texts, return_inverse=True)
    sums = np.zeros((place.max() + 1, 4))
    np.add.at(sums, place, np.stack([truth, truth & told, ~truth, ~truth & ~told], 1))
    every = np.r_[sums.sum(0)[None], resamples(rng, len(sums), count) @ sums]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = (every[:, 1] / every[:, 0] + every[:, 3] / every[:, 2]) / 2
    return interval(values[0], values[1:])


def level_correlation(texts, truth, told, rng, count):
    _, place = np.unique(texts, return_inverse=True)
    x, y = told.astype(float), truth.astype(float)
    sums = np.zeros((place.max() + 1, 6))
    np.add.at(sums, place, np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], 2).sum(1))
    n, x, y, xx, yy, xy = np.r_[sums.sum(0)[None], resamples(rng, len(sums), count) @ sums].T
    vx, vy = n * xx - x * x, n * yy - y * y
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(vy <= 0, np.nan, np.where(vx <= 0, 0, (n * xy - x * y) / np.sqrt(vx * vy)))
    return interval(values[0], values[1:])


def score(explained, rng):
    """Detection, fuzzing and simulation of every explanation and of another feature's, with intervals."""
    corpus, count = explained.corpora["scoring"], explained.inputs["config"]["statistics"]["resamples"]
    short, long = Stretches(corpus, EXCERPT), Stretches(corpus, SIMULATED)

    def detection(one):
        peaks = short.codes(one["scoring"]).max(1)
        silent = rng.permutation(np.flatnonzero(peaks == 0))[: QUANTILES * PER_QUANTILE]
        drawn = np.r_[over_tenths(ascending(peaks), rng), silent]
        truth = peaks[drawn] > 0
        if min(truth.sum(), (~truth).sum()) < FEWEST:
            return None

        def tell(pattern):
            return places(pattern, corpus, short.positions[drawn]).any(1) if pattern else np.zeros(len(drawn), bool)

        return tell, lambda told: balanced_accuracy(short.text[drawn], truth, told, rng, count)

    def fuzzing(one):
        codes = short.codes(one["scoring"])
        active = (codes > 0).sum(1)
        drawn = rng.permutation(over_tenths(ascending(np.where(active < EXCERPT, codes.max(1), 0)), rng))
        truth = np.arange(len(drawn)) % 2 == 0
        if (~truth).sum() < FEWEST:
            return None
        # The marks of an excerpt: as many of its strongest, or random inactive, tokens as the rarer kind has.
        marks = np.minimum(active[drawn], EXCERPT - active[drawn])
        keys = np.where(codes[drawn] > 0, -codes[drawn], np.inf)
        random = np.where(codes[drawn] > 0, np.inf, rng.random(codes[drawn].shape))
        ranks = np.argsort(np.argsort(np.where(truth[:, None], keys, random), 1), 1)
        marked = ranks < marks[:, None]

        def tell(pattern):
            if not pattern:
                return np.zeros(len(drawn), bool)
            return 2 * (places(pattern, corpus, short.positions[drawn]) & marked).sum(1) >= marks

        return tell, lambda told: balanced_accuracy(short.text[drawn], truth, told, rng, count)

    def simulation(one):
        peaks = long.codes(one["scoring"]).max(1)
        firing = ascending(peaks)[::-1]
        _, first = np.unique(long.text[firing], return_index=True)
        top = firing[np.sort(first)][:5]
        others = [i for i in rng.permutation(len(peaks))[:10] if i not in top][:5]
        truth = one["scoring"].levels()[long.positions[np.r_[top, others].astype(int)]]
        if len(top) < 5 or len(others) < 5 or truth.min() == truth.max():
            return None
        drawn = np.r_[top, others]

        def tell(pattern):
            at = long.positions[drawn]
            return predicted_levels(pattern, corpus, at) if pattern else np.zeros(at.shape)

        return tell, lambda told: level_correlation(long.text[drawn], truth, told, rng, count)

    results = {}
    for role in ("base", "tuned"):
        own = explained.of(role)
        partner = {}
        for layer in range(len(explained.layers)):
            of_layer = rng.permutation([i for i, one in enumerate(own) if one["layer"] == layer])
            partner |= dict(zip(of_layer, np.roll(of_layer, -1)))
        for kind in (detection, fuzzing, simulation):
            pairs = []
            for i, one in enumerate(own):
                task = kind(one)
                if task:
                    tell, judge = task
                    pairs.append([judge(tell(own[j]["pattern"]))["value"] for j in (i, partner[i])])
            pairs = np.array(pairs).reshape(-1, 2)
            for name, values in (("own", pairs[:, 0]), ("control", pairs[:, 1]), ("difference", pairs @ [1, -1])):
                results[f"{kind.__name__} {role} {name}"] = mean_interval(values, rng, count)["value"]
    record.results["score"] = results
