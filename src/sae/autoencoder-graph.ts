/**
 * The autoencoder as graphs (paper, section 4.2 and Appendix D): training with loss and gradients,
 * encoding, decoding.
 */
import type { KindName, KindSettings } from "../dictionary/kind.js";
import { rowOf } from "../dictionary/kinds.js";
import { trainingOf } from "../dictionary/training-kinds.js";
import { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import { outputGradients } from "../runtime/gradient-outputs.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import type { TensorLayout } from "../runtime/protocol.js";

/** One autoencoder in training; `name` is unique among those on the same activations. */
export interface AutoencoderShape {
  readonly name: string;
  readonly dIn: number;
  readonly dSae: number;
  /** Whether the encoder is the transposed decoder. */
  readonly tied: boolean;
  /** Rows of an encoder that is not tied have any norm. Default: they are divided by it in every pass. */
  readonly freeEncoder?: boolean;
  readonly kind: KindSettings;
}

/**
 * A key of everything that the training graph depends on: shapes with equal keys may share a
 * program.
 */
export function graphKey({ name, dIn, dSae, tied, freeEncoder, kind }: AutoencoderShape): string {
  return JSON.stringify({
    name,
    dIn,
    dSae,
    tied,
    freeEncoder,
    kind: { name: kind.name, ...trainingOf(kind).constants(kind) },
  });
}

/** Names and initial values of the trained tensors with one value per feature. */
export function perFeatureTensors({ kind }: Pick<AutoencoderShape, "kind">): Readonly<Record<string, number>> {
  return { encoderBias: 0, ...trainingOf(kind).tensors };
}

/** Parameters of one autoencoder in training: one feature per row, rows of any norm. */
export function autoencoderLayout({ name, dIn, dSae, tied, kind }: AutoencoderShape): TensorLayout[] {
  return [
    { name: `${name}.encoder`, dims: [dSae, dIn] },
    ...Object.keys(perFeatureTensors({ kind })).map((tensor) => ({ name: `${name}.${tensor}`, dims: [dSae] })),
    { name: `${name}.decoderBias`, dims: [dIn] },
    ...(tied ? [] : [{ name: `${name}.decoder`, dims: [dSae, dIn] }]),
  ];
}

/** w [rows, columns] with each row divided by its Euclidean norm. */
function normaliseRows(g: Graph, w: Value): Value {
  return g.div(w, g.sqrt(g.reduceSum(g.square(w), [1], true)));
}

/**
 * Treatment of dead features. `counted`: the graph has outputs that show which features are dead;
 * `revived`: also their auxiliary loss, as a term of the loss.
 */
export type DeadFeatures = "ignored" | "counted" | "revived";

/**
 * One training pass of several autoencoders on the same activations, with gradients for all
 * parameters: f = activation(x E^T + encoderBias), xHat = f D + decoderBias, where E and D are the
 * encoder and decoder with normalised rows (D = E if tied; a free E as it is). The loss is errorWeight * sum of
 * (xHat - x)^2 over the whole batch, plus the kind's sparsity term; the activation is the kind's.
 * Inputs: x [tokens, dIn], and the scalars errorWeight and `NAME.WEIGHT` for each weight of the
 * kind. Outputs per autoencoder, sums over the batch: `NAME.squaredError`, `NAME.l1`, `NAME.l0`
 * (non-zero feature activations), and `NAME.SCALAR` for each scalar that the kind observes.
 * @param dead `counted` adds the outputs `NAME.fired` [dSae], tokens on which a feature is active;
 *   `revived` also adds the auxiliary loss, with the inputs `NAME.dead`, `NAME.deadKept` and
 *   `NAME.deadWeight` of `auxiliaryLoss`
 */
export function trainingGraph(shapes: readonly AutoencoderShape[], dead: DeadFeatures = "ignored"): Graph {
  const g = new Graph("autoencoder training");
  const x = g.input("x", ["tokens", shapes[0].dIn]);
  const errorWeight = g.input("errorWeight", []);
  const parameter = parameterInputs(g, shapes.flatMap(autoencoderLayout));
  const losses = shapes.map(({ name, dSae, tied, freeEncoder, kind }) =>
    g.at(name, () => {
      const training = trainingOf(kind);
      const own = (tensor: string): Value => parameter(`${name}.${tensor}`);
      const encoder = freeEncoder ? own("encoder") : normaliseRows(g, own("encoder"));
      const decoder = tied ? encoder : normaliseRows(g, own("decoder"));
      const preActivations = g.linear(x, encoder, own("encoderBias"));
      const observe = (scalar: string, value: Value) => g.output(`${name}.${scalar}`, value);
      const codes = training.activation(g, preActivations, kind, own, observe);
      const difference = g.sub(g.add(g.matMul(codes, decoder), own("decoderBias")), x);
      const squaredError = g.reduceSum(g.square(difference));
      // Feature activations are never negative, so their sum is their L1 norm.
      const l1 = g.reduceSum(codes);
      g.output(`${name}.squaredError`, squaredError);
      g.output(`${name}.l1`, l1);
      const active = g.cast(g.greater(codes, g.scalar(0)), "float32");
      g.output(`${name}.l0`, g.reduceSum(active));
      const terms = { error: g.mul(errorWeight, squaredError), preActivations, codes, l1 };
      const loss = training.loss(g, terms, (weight) => g.input(`${name}.${weight}`, []), own);
      if (dead === "ignored") return loss;
      g.output(`${name}.fired`, g.reduceSum(active, [0]));
      if (dead === "counted") return loss;
      const features = {
        dead: g.input(`${name}.dead`, [dSae]),
        kept: g.input(`${name}.deadKept`, [1], "int64"),
        weight: g.input(`${name}.deadWeight`, []),
      };
      return g.add(loss, auxiliaryLoss(g, { preActivations, decoder, difference }, features));
    }),
  );
  outputGradients(
    g,
    losses.reduce((sum, loss) => g.add(sum, loss)),
  );
  return g;
}

/** Pre-activations [tokens, dSae] = x rows^T + bias, for training by active codes. */
export function preActivationGraph({ dIn, dSae }: Pick<AutoencoderShape, "dIn" | "dSae">): Graph {
  const g = new Graph("autoencoder pre-activations");
  const product = g.linear(g.input("x", ["tokens", dIn]), g.input("rows", [dSae, dIn]), g.input("bias", [dSae]));
  g.output("preActivations", product);
  return g;
}

/** Below every pre-activation. */
const NEVER = -1e9;

/**
 * The auxiliary loss of Gao et al. 2024 (Appendix A.2): dead features reconstruct the error of the
 * others. Per token, the largest pre-activations of dead features are kept, negative ones included,
 * as in SAELens. No gradient passes through the error.
 * @param difference xHat - x [tokens, dIn]
 * @param features.dead [dSae], 1 for dead features, else 0
 * @param features.kept int64 [1], number of dead features per token, at least 1
 * @param features.weight of the sum of squares over the batch
 */
function auxiliaryLoss(
  g: Graph,
  { preActivations, decoder, difference }: Readonly<Record<"preActivations" | "decoder" | "difference", Value>>,
  { dead, kept, weight }: Readonly<Record<"dead" | "kept" | "weight", Value>>,
): Value {
  const isDead = g.greater(dead, g.scalar(0));
  const candidates = g.where(isDead, preActivations, g.scalar(NEVER));
  const codes = g.mul(g.keepLargest(candidates, kept), dead);
  const left = g.add(g.matMul(codes, decoder), g.withoutGradient(difference));
  return g.mul(weight, g.reduceSum(g.square(left)));
}

/**
 * codes [tokens, dSae] = activation((x - inputBias) wEnc + bEnc), for any sizes; the kind feeds the
 * inputs of its activation.
 */
export function encodingGraph(kind: KindName): Graph {
  const g = new Graph("autoencoder encoding");
  const x = g.sub(g.input("x", ["tokens", "dIn"]), g.input("inputBias", ["dIn"]));
  const preActivations = g.add(g.matMul(x, g.input("wEnc", ["dIn", "dSae"])), g.input("bEnc", ["dSae"]));
  const codes = rowOf({ name: kind }).activation(g, preActivations, (name, dims, dtype) => g.input(name, dims, dtype));
  g.output("codes", codes);
  return g;
}

/** xHat [tokens, dIn] = codes wDec + bDec, for any sizes. */
export function decodingGraph(): Graph {
  const g = new Graph("autoencoder decoding");
  const decoded = g.matMul(g.input("codes", ["tokens", "dSae"]), g.input("wDec", ["dSae", "dIn"]));
  g.output("xHat", g.add(decoded, g.input("bDec", ["dIn"])));
  return g;
}
