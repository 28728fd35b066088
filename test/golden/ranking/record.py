"""Records reference.json (scikit-learn 1.9.1, numpy 2.4.6)."""
import json, os
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

rng = np.random.default_rng(3)
cases = []
# Few and many levels: with ties, and almost without.
for size, true, levels in [(8, 2, 100), (12, 4, 3), (40, 7, 6), (280, 20, 1000)]:
    truth = np.zeros(size, int)
    truth[rng.choice(size, true, replace=False)] = 1
    strengths = rng.integers(0, levels, size) + truth * (levels // 4)
    cases.append({
        "strengths": strengths.tolist(),
        "truth": truth.tolist(),
        "auroc": float(roc_auc_score(truth, strengths)),
        "averagePrecision": float(average_precision_score(truth, strengths)),
    })
path = os.path.join(os.path.dirname(__file__), "reference.json")
with open(path, "w") as file:
    json.dump({"cases": cases}, file)
