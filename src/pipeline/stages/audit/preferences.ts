/**
 * Stage: whether the implicit reward of a pair of models prefers what people preferred, with and without what length
 * explains, beside somebody who only counts tokens. Where an audit is given preference data.
 */
import { RunError } from "../../../errors.js";
import {
  type AnswerRow,
  answerLogProbs,
  answerRewards,
  labelAccuracy,
  preferenceAccuracy,
  rowsOfPair,
  scoredLabel,
  scoredPair,
} from "../../../interpret/index.js";
import type { ModelRole } from "../../../results/results.js";
import { loadRunTokenizer, modelRoles, withStoredPair } from "../../inputs/models.js";
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
    const mostTokens = await withStoredPair(config, folder, async ({ base, tuned }) =>
      Math.min(audit.preferenceTokens, base.config.maxPositions, tuned.config.maxPositions),
    );
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

    const rows = { pairs: pairs.flatMap(rowsOfPair), labelled: completions };
    const count = rows.pairs.length + rows.labelled.length;
    progress.start(modelRoles.length * count, "answers");
    const rewards = await withStoredPair(config, folder, async (pair) => {
      // One model in memory at a time.
      const readBy = (role: ModelRole, before: number) =>
        pair[role].inMemory(async (model) => {
          const read = (some: readonly AnswerRow[], first: number) =>
            answerLogProbs(model, some, { signal, onRows: (done) => progress.update(first + done) });
          return {
            pairs: await read(rows.pairs, before),
            labelled: await read(rows.labelled, before + rows.pairs.length),
          };
        });
      const [base, tuned] = [await readBy("base", 0), await readBy("tuned", count)];
      return {
        pairs: answerRewards(base.pairs, tuned.pairs),
        labelled: answerRewards(base.labelled, tuned.labelled),
      };
    });
    progress.end();
    const ofPairs = pairs.map((pair, i) => scoredPair(pair, rewards.pairs.slice(2 * i, 2 * i + 2)));
    const labels = completions.map((completion, i) => scoredLabel(completion, rewards.labelled[i]));
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
