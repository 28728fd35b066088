"""Records reference.json (numpy 2.4.6): variance shares and word contrasts."""
import json
from pathlib import Path
import numpy as np
rng = np.random.default_rng(3)
n = 40
x = rng.normal(size=(n, 4)).round(2)
x[:, 2] = (x[:, 2] > 0.3).astype(float)
x[:, 3] = (x[:, 0] + 0.7 * x[:, 3]).round(2)
y = (1.5 * x[:, 0] - 0.8 * x[:, 2] + 0.5 * rng.normal(size=n)).round(2)
def r2(cols):
    a = np.column_stack([np.ones(n), x[:, cols]])
    b, *_ = np.linalg.lstsq(a, y, rcond=None)
    return 1 - ((y - a @ b) ** 2).sum() / ((y - y.mean()) ** 2).sum(), b
full, b = r2([0, 1, 2, 3])
out = {
    "x": x.tolist(), "y": y.tolist(), "r2": full,
    "coefficients": (b[1:] * x.std(axis=0) / y.std()).tolist(),
    "dropOne": [full - r2([c for c in range(4) if c != k])[0] for k in range(4)],
    "pearson": np.corrcoef(x[:, 0], y)[0, 1],
}
base = {"the": 60, "film": 12, "bad": 9, "good": 2}
tuned = {"the": 55, "film": 14, "good": 11, "great": 5}
a0, nb, nt = 500, sum(base.values()), sum(tuned.values())
contrast = {}
for w in sorted(set(base) | set(tuned)):
    yb, yt = base.get(w, 0), tuned.get(w, 0)
    a = a0 * (yb + yt) / (nb + nt)
    d = np.log((yt + a) / (nt + a0 - yt - a)) - np.log((yb + a) / (nb + a0 - yb - a))
    contrast[w] = [d, d / np.sqrt(1 / (yt + a) + 1 / (yb + a))]
out["contrast"] = contrast
(Path(__file__).parent / "reference.json").write_text(json.dumps(out) + "\n")
