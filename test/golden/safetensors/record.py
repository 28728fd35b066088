"""Records mixed.safetensors with the reference implementation (safetensors 0.8.0, numpy 2.4.6)."""
import numpy as np, struct, json, os
from safetensors.numpy import save_file
os.chdir(os.path.dirname(os.path.abspath(__file__)))
specials = np.array([0, -0.0, 1, -2.5, 65504, 65519.996, 65520, 6.1035156e-05, 5.9604645e-08, 2.9802322e-08, 2.9802326e-08,
                     1.0009766, 1.0004883, 1.0014648, 3.4e38, 1e-45, np.inf, -np.inf, np.nan, 0.1], dtype=np.float32)
with np.errstate(over="ignore"): half = specials.astype(np.float16)
save_file({
  "floats": specials.reshape(4, 5),
  "halves": half.reshape(5, 4),
  "ids": np.array([[1, -2], [2**53 + 1, -(2**63)]], dtype=np.int64),
  "mask": np.array([0, 1, 255], dtype=np.uint8),
  "scalar": np.array(7.5, dtype=np.float32),
  "empty": np.zeros((0, 3), dtype=np.float32),
}, "mixed.safetensors", metadata={"format": "pt"})
