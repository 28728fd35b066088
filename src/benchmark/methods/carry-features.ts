/** What features of dictionaries that both models share carry of the change, summed by the features' labels. */
import { textPairs } from "../../interpret/audit/audited-text.js";
import { type FeatureChanges, featureChanges } from "../../interpret/carry/interchange/feature-changes.js";
import { byLabel, groupsOf, type Method } from "./method.js";

/** Prompts whose completions are read, and groups of them, whose values the interval comes from. */
const [PAIRS, GROUPS] = [48, 4];

/**
 * Attributions of features (see `featureChanges`), summed over those with the same label; features without a label
 * count nowhere.
 */
export const carryFeatures: Method = {
  name: "carry-features",
  summary: "what features of shared dictionaries carry of the change, by the property that each is labelled with",
  unit: "nats",
  readsFeatures: true,
  async rank(evidence, hypotheses) {
    const { base, tuned, signal } = evidence;
    const { dictionaries, labels } = await evidence.features();
    const changes: FeatureChanges[] = [];
    for (const group of groupsOf(textPairs(evidence.prompts, evidence.texts, PAIRS), GROUPS))
      changes.push(await featureChanges(base, tuned, dictionaries, group, { signal }));
    const attributions = changes.map(({ attribution }) => attribution);
    return byLabel(attributions, labels, hypotheses.length);
  },
};
