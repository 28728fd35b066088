"""Records reference.json (numpy 2.4.6, scipy 1.17.1)."""
import json, os
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import kendalltau

rng = np.random.default_rng(7)

def tau(x, y):
    x, y = np.asarray(x), np.asarray(y)
    result = kendalltau(x, y)
    return {"x": x.tolist(), "y": y.tolist(), "tau": float(result.statistic), "pValue": float(result.pvalue)}

def noisy(n, noise, levels=None):
    x = rng.normal(size=n)
    y = x + noise * rng.normal(size=n)
    return (x, y) if levels is None else (np.round(x * levels), np.round(y * levels))

i = np.arange(2000)
formula = ((37 * i * i + 11 * i) % 997, (i * i * i + 5 * i) % 613 + ((37 * i * i + 11 * i) % 997) // 4)
long_tau = kendalltau(*formula)
taus = [
    tau([1, 2], [1, 2]), tau([1, 2], [2, 1]), tau([1, 2, 3], [1, 3, 2]), tau([1, 2, 3, 4, 5], [3, 1, 2, 5, 4]),
    tau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]), tau([1, 1, 2], [1, 2, 2]), tau([1, 1, 1, 2], [3, 3, 3, 1]),
    tau(*noisy(10, 1)), tau(*noisy(33, 2)), tau(*noisy(34, 2)), tau(*noisy(33, 0)), tau(*noisy(60, 0)),
    tau(np.arange(40), np.r_[1, 0, np.arange(2, 40)]), tau(np.arange(40), -np.r_[1, 0, np.arange(2, 40)]),
    tau(*noisy(8, 1, 1)), tau(*noisy(50, 1, 1)), tau(*noisy(200, 3, 2)), tau(*noisy(200, 0.2, 3)),
    tau(*noisy(100, 0.01)),
]

def regression(name, x, y, intercept=True, strengths=(0.5, 20.0), units=1.0):
    """`units` divides the columns for the solution: with condition number 1e12, lstsq itself is right to 1e-4 only."""
    means = x.mean(0) if intercept else np.zeros(x.shape[1])
    y_mean = y.mean() if intercept else 0.0
    z, t = x - means, y - y_mean
    if intercept:
        z[:, np.ptp(x, axis=0) == 0] = 0
    def model(coefficients):
        b0 = y_mean - means @ coefficients
        return {"coefficients": coefficients.tolist(), "intercept": float(b0), "predictions": (b0 + x @ coefficients).tolist()}
    coefficients, _, rank, _ = np.linalg.lstsq(z / units, t, rcond=None)
    coefficients = coefficients / units
    ridges = []
    for strength in strengths:
        stacked = np.vstack([z, np.sqrt(strength) * np.eye(x.shape[1])])
        solution = np.linalg.lstsq(stacked, np.r_[t, np.zeros(x.shape[1])], rcond=None)[0]
        ridges.append({"strength": strength, **model(solution)})
    return {"name": name, "x": x.tolist(), "y": y.tolist(), "intercept": intercept, "rank": int(rank),
            "leastSquares": model(coefficients), "ridge": ridges}

def target(x):
    return x @ rng.normal(size=x.shape[1]) + 2 + 0.3 * rng.normal(size=len(x))

dense = rng.normal(size=(40, 6)) + 5
codes = np.maximum(0, rng.normal(size=(50, 12)) - 1)
dependent = rng.normal(size=(30, 5))
dependent = np.c_[dependent, dependent[:, 0] + dependent[:, 1], dependent[:, 2], np.full(30, 0.1)]
wide = np.maximum(0, rng.normal(size=(9, 16)))
units = rng.normal(size=(30, 3)) * [1e-6, 1, 1e6] + [1e-5, 0, 1e8]
powers = np.vander(np.linspace(0, 1, 60), 8, increasing=True)[:, 1:]
constant = np.full((5, 2), 3.0)
regressions = [
    regression("independent columns far from 0", dense, target(dense)),
    regression("independent columns, no intercept", dense, target(dense), intercept=False),
    regression("codes, mostly zero", codes, target(codes)),
    regression("dependent and constant columns", dependent, target(dependent)),
    regression("dependent columns, no intercept", dependent, target(dependent), intercept=False),
    regression("more columns than rows", wide, target(wide)),
    regression("more columns than rows, no intercept", wide, target(wide), intercept=False),
    regression("columns of very different units", units, target(units / [1e-6, 1, 1e6]),
               strengths=(), units=np.array([1e-6, 1, 1e6])),
    regression("powers of t, condition number 1e5", powers, target(powers)),
    regression("constant columns only", constant, rng.normal(size=5)),
]

def assign(shape):
    weights = rng.normal(size=shape)
    rows, columns = linear_sum_assignment(weights)
    best = linear_sum_assignment(weights, maximize=True)
    return {"weights": weights.tolist(), "least": float(weights[rows, columns].sum()), "most": float(weights[best].sum())}

values = rng.normal(size=23)
shares = [0, 0.025, 0.1, 0.25, 0.5, 0.333, 0.9, 0.975, 1]
reference = {
    "kendallTau": taus,
    "kendallTauLong": {"tau": float(long_tau.statistic), "pValue": float(long_tau.pvalue)},
    "regressions": regressions,
    "assignments": [assign((4, 4)), assign((12, 12)), assign((5, 9)), assign((9, 5))],
    "quantile": {"values": values.tolist(), "shares": shares, "quantiles": np.quantile(values, shares).tolist()},
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json"), "w") as file:
    json.dump(reference, file)
