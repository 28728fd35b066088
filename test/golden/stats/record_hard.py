"""Records hard.json: statistics of data that are tied, degenerate or ill-conditioned (scipy 1.17.1, scikit-learn 1.9.1).

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python test/golden/stats/record_hard.py test/golden/stats/hard.json

The resamples of a bootstrap are given by a formula to both sides, so that intervals must agree to rounding.
"""

import json
import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy.linalg import lstsq
from scipy.optimize import linear_sum_assignment
from scipy.stats import bootstrap, kendalltau
from sklearn.linear_model import Ridge
from sklearn.model_selection import PredefinedSplit, cross_val_predict

rng = np.random.default_rng(11)
RESAMPLES = 400


class Given(np.random.Generator):
    """Draws index (r (r + 3) 7919 + i (i + 1) 31 + 17 r i) mod 65521 mod n in place i of resample r."""

    def integers(self, low, high=None, size=None, **_):
        r, i = np.arange(size[0])[:, None], np.arange(size[1])[None, :]
        return (r * (r + 3) * 7919 + i * (i + 1) * 31 + 17 * r * i) % 65521 % high


def interval(name, statistic, *lists):
    """SciPy's percentile interval; several lists are resampled together."""
    result = bootstrap(
        lists, statistic, n_resamples=RESAMPLES, method="percentile", paired=len(lists) > 1, vectorized=False,
        rng=Given(np.random.PCG64(0)),
    ).confidence_interval
    return {"name": name, "lists": [list(map(float, x)) for x in lists], "value": float(statistic(*lists)),
            "low": float(result.low), "high": float(result.high)}


normal = rng.normal(size=40)
twin = (normal + rng.normal(size=40)).round(1)
intervals = [
    interval("mean", np.mean, normal),
    interval("mean, far from 0", np.mean, normal + 1e9),
    interval("mean of one value among zeros", np.mean, np.r_[np.zeros(24), 1.0]),
    interval("mean, sizes from 1e-12 to 1e12", np.mean, 10.0 ** np.arange(-12, 13)),
    interval("mean of equal values", np.mean, np.full(7, 0.1)),
    interval("mean of two", np.mean, np.array([1.0, 2.0])),
    interval("median of ties", np.median, np.array([1.0, 1, 1, 2, 2, 5, 5, 5, 5])),
    interval("difference", lambda a, b: np.mean(a - b), normal, twin),
    interval("tau", lambda a, b: kendalltau(a, b).statistic, normal.round(1), twin),
]


def tau(name, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = kendalltau(x, y)
    return {"name": name, "x": np.asarray(x, float).tolist(), "y": np.asarray(y, float).tolist(),
            "tau": float(result.statistic), "pValue": float(result.pvalue)}


line = np.arange(300)
swapped = line.copy()
swapped[[3, 200]] = swapped[[200, 3]]
taus = [
    tau("binary against binary", rng.integers(0, 2, 200), rng.integers(0, 2, 200)),
    tau("one value apart", np.r_[np.zeros(49), 1], rng.normal(size=50)),
    tau("one value apart in both", np.r_[np.zeros(49), 1], np.r_[1, np.zeros(49)]),
    tau("three levels against many", rng.integers(0, 3, 120), rng.normal(size=120)),
    tau("two items", [1, 1.0000000000000002], [5, 4]),
    tau("33 items without ties", rng.permutation(33), np.arange(33)),
    tau("34 items without ties", rng.permutation(34), np.arange(34)),
    tau("33 items, one tie", np.r_[0, 0, np.arange(2, 33)], rng.permutation(33)),
    tau("tiny p", line, swapped),
    tau("p below the smallest number", np.arange(1200), np.arange(1200) // 2),
    tau("tau near 0 of many", rng.permutation(1000), rng.permutation(1000)),
    tau("signed zeros, denormal and huge numbers", [0.0, -0.0, 5e-324, 1e300, -1e300, 1e-300], [1, 2, 3, 4, 0, 2]),
    tau("numbers beyond 2**53", 2.0**53 + 2 * rng.permutation(20), rng.permutation(20)),
    tau("words' values: a third exact zeros", np.where(rng.random(400) < 0.33, 0, rng.normal(size=400).round(1)), rng.normal(size=400).round(1)),
]


def condition(matrix):
    values = np.linalg.svd(matrix, compute_uv=False)
    kept = values[values > 1e-13 * values[0]]
    return float(kept[0] / kept[-1])


def fit(name, x, y, strengths=(1e-6, 1e-2, 1.0, 1e4)):
    """
    SciPy's lstsq on centred columns. Where a solution is unique and columns are clearly independent, they are scaled to unit
    length before, since SciPy does not; otherwise singular values below the cut-off of NumPy's lstsq count as 0.
    condition: of the scaled columns with the intercept's, and for ridge of the centred columns over sqrt(strength) I.
    """
    y = np.asarray(y, float)
    rows, columns = x.shape
    z = x - x.mean(0)
    constant = np.ptp(x, axis=0) == 0
    z[:, constant] = 0
    t = y - y.mean()
    lengths = np.where(constant, 1, np.linalg.norm(z, axis=0))
    norms = np.linalg.norm(x, axis=0)
    whole = condition(np.c_[np.ones(rows) / np.sqrt(rows), x / np.where(norms == 0, 1, norms)])
    unique = columns < rows and np.linalg.matrix_rank(z / lengths, tol=1e-5) == columns - constant.sum()
    if unique:
        coefficients = lstsq(z / lengths, t)[0] / lengths
    else:
        coefficients = lstsq(z, t, cond=2.0**-52 * max(rows, columns))[0]
    ridges = []
    for strength in strengths:
        model = Ridge(alpha=strength, solver="svd").fit(z, y)
        ridges.append({
            "strength": strength, "condition": condition(np.vstack([z, np.sqrt(strength) * np.eye(columns)])),
            "coefficients": model.coef_.tolist(), "predictions": model.predict(z).tolist(),
        })
    return {"name": name, "x": x.tolist(), "y": y.tolist(), "condition": whole, "coefficients": coefficients.tolist(),
            "predictions": (z @ coefficients + y.mean()).tolist(), "ridge": ridges}


def noisy(x):
    return x @ rng.normal(size=x.shape[1]) + rng.normal(size=len(x))


tall = rng.normal(size=(60, 5))
near = np.c_[tall, tall[:, 0] + 1e-4 * rng.normal(size=60)]
nearer = np.c_[tall, tall[:, 0] + 1e-9 * rng.normal(size=60)]
hilbert = 1 / (np.arange(40)[:, None] + np.arange(8)[None, :] + 1)
sparse = np.where(rng.random((80, 30)) < 0.05, rng.exponential(size=(80, 30)), 0)
fits = [
    fit("independent", tall, noisy(tall)),
    fit("one column", tall[:, :1], noisy(tall[:, :1])),
    fit("as many columns as rows", tall[:6], rng.normal(size=6)),
    fit("two rows", tall[:2], [1, 2]),
    fit("a million from 0", tall + 1e6, noisy(tall), strengths=()),
    fit("hundreds from 0", tall + 300, noisy(tall)),
    fit("units from 1e-8 to 1e8", tall * 10.0 ** np.array([-8, -4, 0, 4, 8]), noisy(tall), strengths=()),
    fit("units from 0.01 to 100", tall * 10.0 ** np.array([-2, -1, 0, 1, 2]), noisy(tall)),
    fit("ties and binary columns", (tall > 0.5).astype(float), noisy(tall).round()),
    fit("codes, 95% zeros, some columns all zero", sparse, noisy(sparse)),
    fit("y constant", tall, np.full(60, 2.5)),
    fit("a column twice", np.c_[tall, tall[:, 2]], noisy(tall)),
    fit("columns that sum to a constant", np.eye(4)[rng.integers(0, 4, 50)], rng.normal(size=50)),
    fit("more columns than rows", rng.normal(size=(12, 30)), rng.normal(size=12)),
    fit("two columns nearly equal, 1e-4 apart", near, noisy(near)),
    fit("two columns nearly equal, 1e-9 apart", nearer, noisy(nearer)),
    fit("powers up to the ninth", np.vander(np.linspace(0, 1, 50), 10)[:, :-1], noisy(tall[:50])),
    fit("Hilbert's matrix", hilbert, noisy(tall[:40])),
]

folds = np.arange(60) % 4
strengths = [1e-3, 1.0, 10.0, 100.0, 1e4]
target = noisy(tall)
validation = {
    "x": tall.tolist(), "y": target.tolist(), "folds": folds.tolist(), "strengths": strengths,
    "errors": [
        float(np.mean((cross_val_predict(Ridge(alpha=a, solver="svd"), tall, target, cv=PredefinedSplit(folds)) - target) ** 2))
        for a in strengths
    ],
}


def assign(name, weights, unique):
    """The columns are recorded where only one assignment is best."""
    weights = np.asarray(weights, float)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    least_rows, least_columns = linear_sum_assignment(weights)
    entry = {"name": name, "weights": weights.tolist(), "most": float(weights[rows, columns].sum()),
             "least": float(weights[least_rows, least_columns].sum())}
    if unique:
        every = np.full(len(weights), -1)
        every[rows] = columns
        entry["columns"] = every.tolist()
    return entry


unit = rng.normal(size=(50, 16))
unit /= np.linalg.norm(unit, axis=1, keepdims=True)
assignments = [
    assign("cosines of 20 features with 30 others", unit[:20] @ unit[20:].T, True),
    assign("cosines, more rows than columns", unit[20:] @ unit[:20].T, True),
    assign("small whole numbers, many ties", rng.integers(0, 3, (15, 15)), False),
    assign("all equal", np.ones((6, 6)), False),
    assign("one row", rng.normal(size=(1, 9)), True),
    assign("one column", rng.normal(size=(9, 1)), True),
    assign("sizes from 1e-8 to 1e8", 10.0 ** rng.uniform(-8, 8, (12, 12)), True),
    assign("negative only", -rng.exponential(size=(10, 14)), True),
    assign("a permutation", np.eye(25)[rng.permutation(25)], True),
    assign("products, best off the diagonal", np.outer(np.arange(1, 13), np.arange(12, 0, -1)), True),
]

recorded = {
    "recordedWith": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
    "resamples": RESAMPLES,
    "intervals": intervals, "taus": taus, "fits": fits, "validation": validation, "assignments": assignments,
}
with open(sys.argv[1], "w") as file:
    json.dump(recorded, file, separators=(",", ":"), allow_nan=True)
    file.write("\n")
print([(f["name"], f"{f['condition']:.0e}") for f in fits])
