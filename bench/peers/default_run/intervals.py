"""Bootstrap intervals and rank correlation. A resample is its counts of units: statistics are matrix products."""

import numpy as np
from clock import record
from scipy.stats import kendalltau


def resamples(rng, n, count):
    """How often each of n units is drawn, [count, n]."""
    drawn = rng.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
    return np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n).astype(np.float64)


def interval(value, replicates):
    """The value with its 95% percentile interval; replicates that are NaN are left out."""
    record.count("intervals", 1)
    record.count("resamples", len(replicates))
    replicates = replicates[~np.isnan(replicates)]
    low, high = np.quantile(replicates, [0.025, 0.975]) if len(replicates) else (np.nan, np.nan)
    return {"value": float(value), "low": float(low), "high": float(high)}


def ratio_interval(sums, counts, rng, count):
    """Sum of sums divided by the sum of counts."""
    sums, counts = np.asarray(sums, float), np.asarray(counts, float)
    if len(sums) == 0:
        return {"value": 0.0, "low": 0.0, "high": 0.0}
    drawn = resamples(rng, len(sums), count) @ np.stack([sums, counts], 1)
    with np.errstate(invalid="ignore"):
        return interval(sums.sum() / counts.sum(), drawn[:, 0] / drawn[:, 1])


def mean_interval(values, rng, count):
    return ratio_interval(values, np.ones(len(values)), rng, count)


class RankAgreement:
    """Kendall's tau-b of lists with the truth over common resamples."""

    def __init__(self, truth, rng, count):
        self.truth = np.asarray(truth, float)
        self.weights = resamples(rng, len(self.truth), count).astype(np.float32)
        # Sums of signs are whole numbers below 2^24: exact in single precision.
        self.signs = self._signs(self.truth)
        self.untied = self._untied(self.signs)

    @staticmethod
    def _signs(values):
        return np.sign(values[:, None] - values[None]).astype(np.float32)

    def _untied(self, signs):
        return ((self.weights @ np.abs(signs)) * self.weights).sum(1, dtype=np.float64)

    def replicates(self, values):
        signs = self._signs(np.asarray(values, float))
        concordance = ((self.weights @ (signs * self.signs)) * self.weights).sum(1, dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            return concordance / np.sqrt(self._untied(signs) * self.untied)

    def of(self, values):
        tau, p = kendalltau(values, self.truth)
        drawn = self.replicates(values)
        return {"tau": interval(tau, drawn), "p": float(p), "replicates": drawn}


def pearson(weights, x, y):
    """Correlation of x and y under each row of weights."""
    n = weights.sum(1)
    sx, sy, sxx, syy, sxy = (weights @ np.stack([x, y, x * x, y * y, x * y], 1)).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return (n * sxy - sx * sy) / np.sqrt((n * sxx - sx**2) * (n * syy - sy**2))


def benjamini_hochberg(p):
    p = np.asarray(p)
    order = np.argsort(p)[::-1]
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    q = np.empty(len(p))
    q[order] = np.minimum(1, np.minimum.accumulate(scaled))
    return q


def shuffled_within_signs(values, signs, rng):
    values = np.array(values, float)
    for sign in np.unique(np.sign(signs)):
        own = np.flatnonzero(np.sign(signs) == sign)
        values[own] = values[rng.permutation(own)]
    return values
