/** Activations at the tokens of texts, and linear models of a number per token by them. */
import { mlpHookPoint } from "../../model/language-model.js";
import { ridge } from "../../stats/index.js";
import type { Evidence } from "../pair/evidence.js";
import { statesAt } from "../pair/states.js";

const FOLDS = 5;
/** Texts that are read for linear models. */
const TEXTS = 300;
/** The penalty as a share of the number of tokens, for activations as they are. */
const STRENGTH = 0.01;

/** A text of a pair that is read. */
export interface ChosenText {
  /** Its index among the texts. */
  readonly index: number;
  /** Its tokens after those of its prompt, as models read them. */
  readonly row: readonly number[];
}

/** About 300 texts of more than one token, of all kinds. */
export function chooseTexts({ texts, prompts, corpus }: Evidence): ChosenText[] {
  const step = Math.max(1, Math.floor(texts.length / TEXTS));
  const chosen = [...texts.keys()].filter((i) => i % step === 0 && texts[i].ids.length > 1);
  return chosen.map((index) => {
    const { origin, unit, ids } = texts[index];
    return { index, row: origin === "corpus" ? corpus[unit] : [...prompts[unit], ...ids] };
  });
}

/** The activations at each token of some texts. */
export interface TokenInputs {
  /** The indices of the texts. */
  readonly chosen: readonly number[];
  /** Text -> token -> MLP output of the middle layer. */
  readonly inputs: readonly (readonly Float32Array[])[];
}

/** Reads a model at the tokens of about 300 texts, after their prompts. */
export async function tokenInputs(evidence: Evidence, role: "base" | "tuned"): Promise<TokenInputs> {
  const { base, texts, signal } = evidence;
  const chosen = chooseTexts(evidence);
  const rows = chosen.map(({ row }) => row);
  const states = await statesAt(evidence[role], mlpHookPoint(Math.floor(base.config.nLayers / 2)), rows, signal);
  const width = base.config.dModel;
  const inputs = chosen.map(({ index }, place) => {
    const tokens = texts[index].ids.length;
    const own = states[place].subarray(states[place].length - tokens * width);
    return Array.from({ length: tokens }, (_, t) => own.subarray(t * width, (t + 1) * width));
  });
  return { chosen: chosen.map(({ index }) => index), inputs };
}

/**
 * Ridge regression of one number per token, for each fifth of the texts by the other texts.
 * @param targets text -> number of each token
 * @returns predictions of texts that were not fitted, in the form of targets
 */
export function predictOutOfFold(
  inputs: TokenInputs["inputs"],
  targets: readonly ArrayLike<number>[],
  signal: AbortSignal,
): Float64Array[] {
  const predicted: Float64Array[] = [];
  for (let fold = 0; fold < Math.min(FOLDS, inputs.length); fold++) {
    signal.throwIfAborted();
    const fitted = [...inputs.keys()].filter((text) => text % FOLDS !== fold);
    const y = fitted.flatMap((text) => Array.from(targets[text]));
    const model = ridge(
      fitted.flatMap((text) => inputs[text]),
      y,
      { strength: STRENGTH * y.length },
    );
    for (const text of inputs.keys())
      if (text % FOLDS === fold) predicted[text] = Float64Array.from(model.predict(inputs[text]));
  }
  return predicted;
}
