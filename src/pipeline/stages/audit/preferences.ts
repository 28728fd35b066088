/**
 * Stage: whether the implicit reward of a pair of models prefers what people preferred, with and without what length
 * explains, beside somebody who only counts tokens. Where an audit is given preference data.
 */
import { RunError } from "../../../errors.js";
import {
  labelAccuracy,
  preferenceAccuracy,
  type ScoredLabel,
  type ScoredPair,
  scoreLabelled,
  scorePairs,
} from "../../../interpret/index.js";
import { loadRole, loadRunTokenizer } from "../../inputs/models.js";
import { loadPairTemplate } from "../../inputs/pair-template.js";
import { hasEnoughLabels, LEAST_PREFERENCES, lackingPreferences, readPreferences } from "../../inputs/preferences.js";
import type { Stage } from "../../run/stage.js";

export const preferencesStage: Stage = {
  name: "preferences",
  title: "reading preferences",
  needs: [],
  applies: ({ stages, audit }) => stages === "audit" && audit.preferences !== undefined,
  settings: ({
    model,
    audit: { chat, preferences, preferenceSplit, preferenceRows, preferenceTokens },
    statistics,
  }) => ({
    model,
    chat,
    preferences,
    preferenceSplit,
    preferenceRows,
    preferenceTokens,
    statistics,
  }),
  outputs: [],
  work: ({ audit: { preferenceRows, preferenceTokens } }) => ({
    // Two answers by two models, which are seldom as long as they may be.
    probTokens: 2 * preferenceRows * preferenceTokens,
  }),
  requires: ({ audit }) => ({
    own: [
      {
        path: "audit.preferences",
        expected: "preference data that can be read",
        pathOf: (named) => (named === "split" ? "audit.preferenceSplit" : "audit.preferences"),
        async look({ config, tokenizer, positions, signal }) {
          // The stage audit tells of a template that cannot be read.
          const template = await loadPairTemplate(config, "").catch(() => undefined);
          const mostTokens = Math.min(audit.preferenceTokens, positions);
          const read = await readPreferences(audit.preferences!, audit, { tokenizer, template, mostTokens, signal });
          const lacking = lackingPreferences(audit.preferences!, read, mostTokens);
          return lacking ? [{ path: "audit.preferences", ...lacking }] : [];
        },
      },
    ],
  }),
  async run({ config, folder, rng, progress, signal, log, writeResults }) {
    const { audit, statistics } = config;
    const source = audit.preferences!;
    const models = { base: await loadRole(config, folder, "base"), tuned: await loadRole(config, folder, "tuned") };
    const positions = Math.min(models.base.config.maxPositions, models.tuned.config.maxPositions);
    const mostTokens = Math.min(audit.preferenceTokens, positions);
    const read = await readPreferences(source, audit, {
      tokenizer: await loadRunTokenizer(config, folder),
      template: await loadPairTemplate(config, folder),
      mostTokens,
      signal,
    });
    const { pairs, completions, form, longer, bad, firstBad } = read;
    const lacking = lackingPreferences(source, read, mostTokens);
    if (lacking) throw new RunError(`expected ${lacking.expected}, received ${lacking.received}`);
    if (firstBad)
      log(
        `${bad} rows are no preferences and left out, the first in ${firstBad.file}, ${firstBad.place}: ${firstBad.problem}`,
      );
    if (longer > 0) log(`${longer} preferences of more than ${mostTokens} tokens are left out`);

    progress.start(pairs.length + completions.length, "preferences");
    const ofPairs: ScoredPair[] = [];
    for await (const pair of scorePairs(models, pairs, { signal })) {
      ofPairs.push(pair);
      progress.update(ofPairs.length);
    }
    const labels: ScoredLabel[] = [];
    for await (const label of scoreLabelled(models, completions, { signal })) {
      labels.push(label);
      progress.update(ofPairs.length + labels.length);
    }
    progress.end();
    await Promise.all([models.base.dispose(), models.tuned.dispose()]);
    const { resamples } = statistics;
    const resampling = (name: string) => ({ rng: rng(`bootstrap ${name}`), resamples });
    await writeResults("preferences", {
      form,
      longer,
      bad,
      ...(ofPairs.length >= LEAST_PREFERENCES && { pairs: preferenceAccuracy(ofPairs, resampling("pairs")) }),
      ...(hasEnoughLabels(labels) && { labelled: labelAccuracy(labels, resampling("labels")) }),
    });
  },
};
