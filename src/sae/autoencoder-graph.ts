/**
 * The autoencoder as graphs (paper, section 4.2 and Appendix D): training with loss and gradients,
 * encoding, decoding.
 */
import type { KindName, KindSettings } from "../dictionary/kind.js";
import { rowOf } from "../dictionary/kinds.js";
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
  readonly kind: KindSettings;
}

/**
 * A key of everything that the training graph depends on: shapes with equal keys may share a
 * program.
 */
export function graphKey({ name, dIn, dSae, tied, kind }: AutoencoderShape): string {
  return JSON.stringify({ name, dIn, dSae, tied, kind: { name: kind.name, ...rowOf(kind).training.constants(kind) } });
}

/** Names and initial values of the trained tensors with one value per feature. */
export function perFeatureTensors({ kind }: Pick<AutoencoderShape, "kind">): Readonly<Record<string, number>> {
  return { encoderBias: 0, ...rowOf(kind).training.tensors };
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
 * One training pass of several autoencoders on the same activations, with gradients for all
 * parameters: f = activation(x E^T + encoderBias), xHat = f D + decoderBias, where E and D are the
 * encoder and decoder with normalised rows (D = E if tied). The loss is errorWeight * sum of
 * (xHat - x)^2 over the whole batch, plus the kind's sparsity term; the activation is the kind's.
 * Inputs: x [tokens, dIn], and the scalars errorWeight and `NAME.WEIGHT` for each weight of the
 * kind. Outputs per autoencoder, sums over the batch: `NAME.squaredError`, `NAME.l1`, `NAME.l0`
 * (non-zero feature activations).
 */
export function trainingGraph(shapes: readonly AutoencoderShape[]): Graph {
  const g = new Graph("autoencoder training");
  const x = g.input("x", ["tokens", shapes[0].dIn]);
  const errorWeight = g.input("errorWeight", []);
  const parameter = parameterInputs(g, shapes.flatMap(autoencoderLayout));
  const losses = shapes.map(({ name, tied, kind }) =>
    g.at(name, () => {
      const { training } = rowOf(kind);
      const own = (tensor: string): Value => parameter(`${name}.${tensor}`);
      const encoder = normaliseRows(g, own("encoder"));
      const decoder = tied ? encoder : normaliseRows(g, own("decoder"));
      const preActivations = g.linear(x, encoder, own("encoderBias"));
      const codes = training.activation(g, preActivations, kind, own);
      const difference = g.sub(g.add(g.matMul(codes, decoder), own("decoderBias")), x);
      const squaredError = g.reduceSum(g.square(difference));
      // Feature activations are never negative, so their sum is their L1 norm.
      const l1 = g.reduceSum(codes);
      g.output(`${name}.squaredError`, squaredError);
      g.output(`${name}.l1`, l1);
      g.output(`${name}.l0`, g.reduceSum(g.cast(g.greater(codes, g.scalar(0)), "float32")));
      const terms = { error: g.mul(errorWeight, squaredError), preActivations, codes, l1 };
      return training.loss(g, terms, (weight) => g.input(`${name}.${weight}`, []));
    }),
  );
  outputGradients(
    g,
    losses.reduce((sum, loss) => g.add(sum, loss)),
  );
  return g;
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
