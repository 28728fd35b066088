/** All methods. A new one is a file beside this one and a line here. */
import { carryFeatures } from "./carry-features.js";
import { featureLabels } from "./feature-labels.js";
import { rOnLogRatios, rOnVader } from "./linear-reward.js";
import { logOdds } from "./log-odds.js";
import { markedTokens } from "./marked-tokens.js";
import { meanDifference } from "./mean-difference.js";
import type { Method } from "./method.js";
import { paperR } from "./paper-r.js";
import { random } from "./random.js";
import { textLogRatios } from "./text-log-ratios.js";
import { tokenLogRatios } from "./token-log-ratios.js";
import { vocabularyRows } from "./vocabulary-rows.js";

export const methods: readonly Method[] = [
  random,
  logOdds,
  tokenLogRatios,
  markedTokens,
  textLogRatios,
  meanDifference,
  rOnLogRatios,
  rOnVader,
  paperR,
  featureLabels,
  vocabularyRows,
  carryFeatures,
];
