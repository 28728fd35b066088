/** The autoencoder as graphs (paper, section 4.2 and Appendix D): training with loss and gradients, encoding, decoding. */
import type { KindName, KindSettings } from "../dictionary/kind.js";
import { rowOf } from "../dictionary/kinds.js";
import { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import { outputGradients } from "../runtime/gradient-outputs.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import type { TensorLayout } from "../runtime/protocol.js";

/** One autoencoder in training; `name` tells it from others on the same activations. */
export interface AutoencoderShape {
  readonly name: string;
  readonly dIn: number;
  readonly dSae: number;
  /** Encoder = decoder transposed. */
  readonly tied: boolean;
  readonly kind: KindSettings;
}

/**
 * What the training graph of an autoencoder depends on: shapes for which this is equal may share a
 * program.
 */
export function graphKey({ name, dIn, dSae, tied, kind }: AutoencoderShape): string {
  return JSON.stringify({ name, dIn, dSae, tied, kind: { name: kind.name, ...rowOf(kind).training.constants(kind) } });
}

/** Names and first values of the trained tensors with one value per feature. */
export function perFeatureTensors({ kind }: Pick<AutoencoderShape, "kind">): Readonly<Record<string, number>> {
  return { encoderBias: 0, ...rowOf(kind).training.tensors };
}

/** Parameters of one autoencoder as they are trained: one feature per row, rows of any norm. */
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
 * encoder and decoder with normalised rows (D = E where tied), and the loss is errorWeight * sum of
 * (xHat - x)^2, summed over the whole batch, with what the kind adds to it. The activation, too, is
 * the kind's. Inputs: x [tokens, dIn], errorWeight, and `NAME.WEIGHT` for each weight of the kind,
 * scalars. Outputs per autoencoder, sums over the batch: `NAME.squaredError`, `NAME.l1`, `NAME.l0`
 * (non-zero codes).
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
      // The codes are never negative, so their sum is their L1 norm.
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
 * codes [tokens, dSae] = activation((x - inputBias) wEnc + bEnc), of any sizes; its inputs are
 * those that the kind feeds.
 */
export function encodingGraph(kind: KindName): Graph {
  const g = new Graph("autoencoder encoding");
  const x = g.sub(g.input("x", ["tokens", "dIn"]), g.input("inputBias", ["dIn"]));
  const preActivations = g.add(g.matMul(x, g.input("wEnc", ["dIn", "dSae"])), g.input("bEnc", ["dSae"]));
  const codes = rowOf({ name: kind }).activation(g, preActivations, (name, dims, dtype) => g.input(name, dims, dtype));
  g.output("codes", codes);
  return g;
}

/** xHat [tokens, dIn] = codes wDec + bDec, of any sizes. */
export function decodingGraph(): Graph {
  const g = new Graph("autoencoder decoding");
  const decoded = g.matMul(g.input("codes", ["tokens", "dSae"]), g.input("wDec", ["dSae", "dIn"]));
  g.output("xHat", g.add(decoded, g.input("bDec", ["dIn"])));
  return g;
}
