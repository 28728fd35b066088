/**
 * The kinds of trained dictionaries as one total table. A new kind is a member of the unions in
 * `kind.ts`, a row here, and a row of `training-kinds.ts` for each way to train it.
 */
import { RewardscopeError } from "../errors.js";
import type { DictionaryKind, KindName, KindProblem, KindRow, KindTable } from "./kind.js";

/** SAELens's default of k. */
const SAELENS_K = 100;

/** The problem of a number of kept features. */
export function problemOfK({ k }: { readonly k: number }, dSae: number): KindProblem | undefined {
  if (Number.isInteger(k) && k >= 1 && k <= dSae) return undefined;
  return { parameter: "k", expected: `a whole number from 1 to ${dSae}`, received: String(k) };
}

const table: KindTable = {
  /** f = relu(pre-activation) (paper, Appendix D). */
  relu: {
    problem: () => undefined,
    separable: true,
    activation: (g, preActivations) => g.relu(preActivations),
    feeds: () => ({}),
    // relu is homogeneous: the same features are active.
    rescaled: (kind) => kind,
    saelens: {
      architecture: "standard",
      encoderBias: "b_enc",
      write: () => ({ fields: {}, tensors: {} }),
      // relu is homogeneous: activations multiplied by the feature's norm, and the feature divided
      // by it, give the same reconstruction.
      read: () => ({ name: "relu" }),
    },
  },

  /** f = TopK(relu(pre-activation)): the k largest activations of a token, the others are 0. */
  topk: {
    problem: problemOfK,
    // The k largest are determined among all features.
    separable: false,
    activation: (g, preActivations, input) => g.keepLargest(g.relu(preActivations), input("k", [1], "int64")),
    feeds: ({ k }) => ({ k: { dims: [1], data: BigInt64Array.of(BigInt(k)) } }),
    rescaled: () => undefined,
    saelens: {
      architecture: "topk",
      encoderBias: "b_enc",
      // Rows of W_dec have norm 1, so rescaling would change nothing.
      write: ({ k }) => ({ fields: { k, rescale_acts_by_decoder_norm: false }, tensors: {} }),
      read: (cfg, norms) => {
        if (norms && !cfg.flag("rescale_acts_by_decoder_norm", false))
          throw cfg.wrong(
            "rescale_acts_by_decoder_norm",
            "expected true, received false",
            "Rows of W_dec do not have norm 1; scaling them to 1 would change which activations are the k largest.",
          );
        return { name: "topk", k: cfg.count("k", SAELENS_K) };
      },
    },
  },

  /**
   * f = relu(pre-activation) where the pre-activation is above the feature's threshold, else 0
   * (Rajamanoharan et al. 2024, arXiv:2407.14435).
   */
  jumprelu: {
    problem: ({ threshold }, dSae) =>
      threshold.length === dSae
        ? undefined
        : { parameter: "threshold", expected: `${dSae} values`, received: String(threshold.length) },
    separable: true,
    activation: (g, preActivations, input) => {
      const threshold = input("threshold", [preActivations.dims[preActivations.dims.length - 1]]);
      return g.mul(g.relu(preActivations), g.cast(g.greater(preActivations, threshold), "float32"));
    },
    feeds: ({ threshold }, features) => {
      const data = features ? Float32Array.from(features, (feature) => threshold[feature]) : threshold;
      return { threshold: { dims: [data.length], data } };
    },
    rescaled: ({ threshold }, factors) => ({
      name: "jumprelu",
      threshold: threshold.map((value, feature) => value * factors[feature]),
    }),
    saelens: {
      architecture: "jumprelu",
      encoderBias: "b_enc",
      write: ({ threshold }) => ({ fields: {}, tensors: { threshold } }),
      read: async (_cfg, norms, tensor) => ({
        name: "jumprelu",
        threshold: scaledBy(await tensor("threshold"), norms),
      }),
    },
  },

  /**
   * f = relu(scale * pre-activation + shift) where the pre-activation is above 0, else 0
   * (Rajamanoharan et al. 2024, arXiv:2404.16014). Equation 6 there has two biases of one product
   * x W: a gate x W + b_gate > 0, and a magnitude relu(exp(r_mag) x W + b_mag). With the gate's
   * pre-activation as the pre-activation, scale is exp(r_mag) and shift b_mag - exp(r_mag) b_gate.
   */
  gated: {
    problem: ({ scale, shift }, dSae) => {
      const wrong = Object.entries({ scale, shift }).find(([, { length }]) => length !== dSae);
      return wrong && { parameter: wrong[0], expected: `${dSae} values`, received: String(wrong[1].length) };
    },
    separable: true,
    activation: (g, preActivations, input) => {
      const size = [preActivations.dims[preActivations.dims.length - 1]];
      const magnitude = g.add(g.mul(preActivations, input("scale", size)), input("shift", size));
      const isOpen = g.cast(g.greater(preActivations, g.scalar(0)), "float32");
      return g.mul(g.relu(magnitude), isOpen);
    },
    feeds: ({ scale, shift }, features) => {
      const tensor = (values: Float32Array) => {
        const data = features ? Float32Array.from(features, (feature) => values[feature]) : values;
        return { dims: [data.length], data };
      };
      return { scale: tensor(scale), shift: tensor(shift) };
    },
    rescaled: ({ scale, shift }, factors) => ({
      name: "gated",
      scale,
      shift: shift.map((value, feature) => value * factors[feature]),
    }),
    saelens: {
      architecture: "gated",
      encoderBias: "b_gate",
      write: ({ scale, shift }, bEnc) => ({
        fields: {},
        tensors: { r_mag: scale.map(Math.log), b_mag: shift.map((value, i) => value + scale[i] * bEnc[i]) },
      }),
      read: async (_cfg, norms, tensor, bEnc) =>
        gatedKind(await tensor("r_mag"), scaledBy(await tensor("b_mag"), norms), bEnc),
    },
  },
};

/** The values times the factors, if there are any. */
const scaledBy = (values: Float32Array, factors: Float64Array | undefined): Float32Array =>
  factors ? values.map((value, i) => value * factors[i]) : values;

/**
 * The kind of a gated dictionary with its biases as published.
 * @param rMag [dSae], logarithm of the magnitude's slope
 * @param bMag [dSae], bias of the magnitude
 * @param bGate [dSae], bias of the gate: the encoder's
 */
export function gatedKind(rMag: Float32Array, bMag: Float32Array, bGate: Float32Array): DictionaryKind {
  const scale = rMag.map(Math.exp);
  return { name: "gated", scale, shift: bMag.map((value, i) => value - scale[i] * bGate[i]) };
}

/** In the order of the table. */
export const kindNames = Object.keys(table) as readonly KindName[];

/**
 * The row of a kind. Its functions accept only data of that kind; the type cannot express this for
 * an unknown kind.
 * @throws RewardscopeError INVALID_INPUT when no kind has the name
 */
export function rowOf({ name }: { readonly name: KindName }): KindRow {
  if (Object.hasOwn(table, name)) return table[name];
  throw new RewardscopeError(
    "INVALID_INPUT",
    `kind of dictionary: expected one of ${kindNames.join(", ")}, received ${name}`,
  );
}

/** The kind for a `k` that is given instead of a kind. */
export function kindByK(k: number | undefined): Extract<DictionaryKind, { name: "topk" }> | undefined {
  return k === undefined ? undefined : { name: "topk", k };
}
