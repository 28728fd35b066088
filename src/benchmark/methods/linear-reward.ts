/** The paper's linear model R, fitted to log-ratios instead of to a reward that one would have to know. */

import { mlpHookPoint } from "../../model/language-model.js";
import { ridge } from "../../stats/index.js";
import { mean } from "../../stats/moments.js";
import { contrastOfMarks } from "./marked-tokens.js";
import type { Method } from "./method.js";
import { statesAt } from "./states.js";

const FOLDS = 5;
/** Texts that R is fitted to. */
const TEXTS = 300;
/** The penalty as a share of the number of tokens, for activations as they are. */
const STRENGTH = 0.01;

/**
 * Ridge regression of a token's log-ratio on the tuned model's MLP outputs at this token, in the middle
 * layer; texts that a prediction is made for are not fitted. Hypotheses are valued by the predictions where the property
 * is against where it is not. R of the paper reads dictionaries' features and is fitted to the given reward (section 4.3).
 */
export const linearReward: Method = {
  name: "r-on-log-ratios",
  summary: "a linear model of log-ratios by the tuned model's activations, on texts that it was not fitted to",
  unit: "standard errors",
  async rank({ base, tuned, texts, prompts, corpus, marks, signal }, hypotheses) {
    const step = Math.max(1, Math.floor(texts.length / TEXTS));
    const chosen = [...texts.keys()].filter((i) => i % step === 0 && texts[i].ids.length > 1);
    const rows = chosen.map((i) => {
      const { origin, unit, ids } = texts[i];
      return origin === "corpus" ? [...corpus[unit]] : [...prompts[unit], ...ids];
    });
    const states = await statesAt(tuned, mlpHookPoint(Math.floor(base.config.nLayers / 2)), rows, signal);
    const width = base.config.dModel;
    const inputs = chosen.map((i, place) => {
      const tokens = texts[i].ids.length;
      const own = states[place].subarray(states[place].length - tokens * width);
      return Array.from({ length: tokens }, (_, t) => own.subarray(t * width, (t + 1) * width));
    });
    const targets = chosen.map((i) => {
      const centre = mean(texts[i].logRatios);
      return texts[i].logRatios.map((value) => value - centre);
    });
    const predicted: Float64Array[] = [];
    for (let fold = 0; fold < Math.min(FOLDS, chosen.length); fold++) {
      signal.throwIfAborted();
      const inside = chosen.flatMap((_, place) => (place % FOLDS === fold ? [] : [place]));
      const y = inside.flatMap((place) => [...targets[place]]);
      const model = ridge(
        inside.flatMap((place) => inputs[place]),
        y,
        { strength: STRENGTH * y.length },
      );
      for (const place of chosen.keys())
        if (place % FOLDS === fold) predicted[place] = Float64Array.from(model.predict(inputs[place]));
    }
    return hypotheses.map((_, h) => {
      const own = marks.of(h);
      return contrastOfMarks(
        predicted,
        chosen.map((i) => own[i]),
      );
    });
  },
};
