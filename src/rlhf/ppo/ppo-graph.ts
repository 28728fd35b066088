/**
 * The graphs of PPO (Schulman et al. 2017, arXiv:1707.06347) with the semantics of TRL 0.7.7. All
 * per-token inputs and outputs are [rows]: one row for every response token of the batch, none for
 * queries and padding. A mean over rows is therefore TRL's masked mean.
 */
import { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import { type EngineModel, packedInputs } from "../../model/architectures/architecture.js";
import { tokenLogProbs } from "../../model/causal-lm.js";
import { outputGradients } from "../../runtime/gradient-outputs.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import { parameterInputs } from "../../runtime/parameter-inputs.js";
import { valuesOf } from "../value-head.js";
import type { PpoSettings } from "./settings.js";

interface ResponseTokens {
  readonly parameter: ParameterLookup;
  /** [rows, dModel] at the positions that predict response tokens */
  readonly states: Value;
  /** [rows, vocab] */
  readonly logits: Value;
  readonly logprobs: Value;
}

function responseTokens(g: Graph, model: EngineModel): ResponseTokens {
  const parameter = parameterInputs(g, model.store.layout);
  const all = model.architecture.hidden(g, model.config, parameter, packedInputs(g));
  const states = g.gather(g.flatten(all), g.input("rows", ["rows"], "int64"));
  const logits = model.architecture.unembed(g, model.config, parameter, states);
  return { parameter, states, logits, logprobs: tokenLogProbs(g, logits, g.input("targets", ["rows"], "int64")) };
}

/** Log-probabilities of response tokens, and values if the model has a value head. */
export function evaluationGraph(model: EngineModel, withValues: boolean): Graph {
  const g = new Graph("PPO evaluation");
  const { parameter, states, logprobs } = responseTokens(g, model);
  g.output("logprobs", logprobs);
  if (withValues) g.output("values", valuesOf(g, parameter, states));
  return g;
}

/** The names of the scalars that a training pass returns, TRL's names under `ppo/`. */
export const minibatchStatistics = [
  "loss/policy",
  "loss/value",
  "loss/total",
  "policy/entropy",
  "policy/approxkl",
  "policy/policykl",
  "policy/clipfrac",
  "val/vpred",
  "val/error",
  "val/clipfrac",
  "val/ratio",
] as const;

/**
 * Clipped policy loss plus vfCoef times clipped value loss, means over rows, with gradients for
 * every parameter.
 */
export function trainingGraph(model: EngineModel, settings: PpoSettings): Graph {
  const g = new Graph("PPO training");
  const { parameter, states, logits, logprobs } = responseTokens(g, model);
  const rowsInput = (name: string): Value => g.input(name, ["rows"]);
  const oldLogprobs = rowsInput("oldLogprobs");
  const oldValues = rowsInput("oldValues");
  const advantages = rowsInput("advantages");
  const returns = rowsInput("returns");
  const keep = settings.valueHeadDropout > 0 ? g.input("keep", ["rows", model.config.dModel]) : undefined;
  const values = valuesOf(g, parameter, states, keep);
  const mean = (x: Value): Value => g.reduceMean(x);
  const share = (condition: Value): Value => mean(g.cast(condition, "float32"));

  // Value loss: the larger of the unclipped and the clipped squared error.
  const { clipRangeValue, clipRange } = settings;
  const clippedValues = g.min(g.max(values, g.shift(oldValues, -clipRangeValue)), g.shift(oldValues, clipRangeValue));
  const error = g.square(g.sub(values, returns));
  const clippedError = g.square(g.sub(clippedValues, returns));
  const valueLoss = g.scale(mean(g.max(error, clippedError)), 0.5);

  // Policy loss: the larger of the unclipped and the clipped one.
  const difference = g.sub(logprobs, oldLogprobs);
  const ratio = g.exp(difference);
  const plain = g.neg(g.mul(advantages, ratio));
  const clipped = g.neg(g.mul(advantages, g.clip(ratio, 1 - clipRange, 1 + clipRange)));
  const policyLoss = mean(g.max(plain, clipped));

  // A minibatch whose mean ratio is above the threshold is skipped: its loss is multiplied by 0, as
  // in TRL.
  const meanRatio = mean(ratio);
  const learn = g.cast(g.not(g.greater(meanRatio, g.scalar(settings.ratioThreshold))), "float32");
  const policyPart = g.mul(learn, policyLoss);
  const valuePart = g.mul(learn, valueLoss);
  const loss = g.add(policyPart, g.scale(valuePart, settings.vfCoef));

  const logProbabilities = g.logSoftmax(logits);
  const entropies = g.neg(g.reduceSum(g.mul(g.exp(logProbabilities), logProbabilities), [1]));
  const statistics: Record<(typeof minibatchStatistics)[number], Value> = {
    "loss/policy": policyPart,
    "loss/value": valuePart,
    "loss/total": loss,
    "policy/entropy": mean(entropies),
    "policy/approxkl": g.scale(mean(g.square(difference)), 0.5),
    "policy/policykl": g.neg(mean(difference)),
    "policy/clipfrac": share(g.greater(clipped, plain)),
    "val/vpred": mean(values),
    "val/error": mean(error),
    "val/clipfrac": share(g.greater(clippedError, error)),
    "val/ratio": meanRatio,
  };
  for (const [name, value] of Object.entries(statistics)) g.output(name, value);
  outputGradients(g, loss);
  return g;
}
