/**
 * The activation functions of config.json: all of transformers' ACT2FN without parameters of their
 * own.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";

type Activation = (g: Graph, x: Value) => Value;

const gelu: Activation = (g, x) => g.gelu(x);
const geluTanh: Activation = (g, x) => g.gelu(x, "tanh");
const silu: Activation = (g, x) => g.mul(x, g.sigmoid(x));
const relu6: Activation = (g, x) => g.clip(x, 0, 6);

/**
 * Mean and standard deviation of the error function that approximates a squared ReLU (Ma et al.
 * 2022, arXiv:2209.10655).
 */
const LAPLACE_MEAN = Math.SQRT1_2;
const LAPLACE_DEVIATION = Math.sqrt(1 / (4 * Math.PI));

/**
 * Below this, log(1 + e^x) is computed as a series, since 1 + e^x loses most digits of e^x in
 * single precision.
 */
const SERIES_BELOW = -8;

/** log(1 + e^x) */
function softplus(g: Graph, x: Value): Value {
  const ordinary = g.add(g.relu(x), g.log(g.shift(g.exp(g.neg(g.abs(x))), 1)));
  // y - y²/2 + y³/3 with y = e^x; the limit keeps the unused branch finite.
  const y = g.exp(g.min(x, g.scalar(SERIES_BELOW)));
  const series = g.mul(y, g.shift(g.mul(y, g.shift(g.scale(y, 1 / 3), -1 / 2)), 1));
  return g.where(g.less(x, g.scalar(SERIES_BELOW)), series, ordinary);
}

const activations: Readonly<Record<string, Activation>> = {
  gelu,
  gelu_10: (g, x) => g.clip(g.gelu(x), -10, 10),
  gelu_accurate: geluTanh,
  gelu_fast: geluTanh,
  gelu_new: geluTanh,
  gelu_python: gelu,
  gelu_python_tanh: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  hardswish: (g, x) => g.mul(x, g.scale(relu6(g, g.shift(x, 3)), 1 / 6)),
  laplace: (g, x) => {
    const normal = g.scale(g.shift(x, -LAPLACE_MEAN), 1 / (LAPLACE_DEVIATION * Math.SQRT2));
    return g.scale(g.shift(g.erf(normal), 1), 0.5);
  },
  leaky_relu: (g, x) => g.max(x, g.scale(x, 0.01)),
  linear: (_g, x) => x,
  mish: (g, x) => g.mul(x, g.tanh(softplus(g, x))),
  quick_gelu: (g, x) => g.mul(x, g.sigmoid(g.scale(x, 1.702))),
  relu: (g, x) => g.relu(x),
  relu2: (g, x) => g.square(g.relu(x)),
  relu6,
  sigmoid: (g, x) => g.sigmoid(x),
  silu,
  sqrtsoftplus: (g, x) => g.sqrt(softplus(g, x)),
  swish: silu,
  tanh: (g, x) => g.tanh(x),
};

/** Names of the supported activations. */
export const knownActivations: readonly string[] = Object.keys(activations);

/** An activation of `knownActivations`, elementwise. */
export function applyActivation(g: Graph, name: string, x: Value): Value {
  return activations[name](g, x);
}
