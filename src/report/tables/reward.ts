/** Table: reward of base and tuned model (paper, Table 7). */

import { type PaperModel, table7 } from "../../paper/published.js";
import type { TuneResults } from "../../results/results.js";
import { fixed, interval, sample } from "../format.js";
import { ownHead, publishedRows, type Table } from "./table.js";

export function rewardTable(tune: TuneResults, same?: PaperModel): Table {
  const { reward, completionReward, promptTokens, newTokens } = tune;
  const row = ({ base, tuned, difference }: TuneResults["reward"]) => [
    interval(base),
    interval(tuned),
    interval(difference),
    sample(difference),
  ];
  return {
    caption: "Reward of completions of held-out prompts",
    paper: "Table 7",
    columns: [
      { label: "Model", text: true },
      { label: "Base" },
      { label: "Tuned" },
      { label: "Tuned − base" },
      { label: "n" },
    ],
    rows: [
      ...publishedRows(same, (model) => {
        const { base, tuned } = table7[model];
        return [fixed(base), fixed(tuned), fixed(tuned - base), "1,000 prompts"];
      }),
      { source: "run", cells: [ownHead("Prompt and completion"), ...row(reward)] },
      { source: "run", cells: [ownHead("Completion only"), ...row(completionReward)] },
    ],
    note: `Prompts of ${promptTokens} tokens, ${newTokens} new tokens (the paper gives no length); the same prompts and random numbers for both models. Brackets: 95% bootstrap interval; differences are paired over prompts.`,
  };
}

/** Other changes by tuning: variety, perplexity under the base model, and KL from it. */
export function tuningSideEffectsTable({ distinct2, basePerplexity, kl, klPerToken, newTokens }: TuneResults): Table {
  return {
    caption: "Other changes by tuning",
    columns: [{ label: "Measure", text: true }, { label: "Base" }, { label: "Tuned" }, { label: "n" }],
    rows: [
      {
        source: "run",
        cells: ["Distinct bigrams / bigrams", fixed(distinct2.base, 3), fixed(distinct2.tuned, 3), ""],
      },
      {
        source: "run",
        cells: [
          "Perplexity per token under the base model",
          interval(basePerplexity.base, 1),
          interval(basePerplexity.tuned, 1),
          sample(basePerplexity.tuned),
        ],
      },
      {
        source: "run",
        cells: [`KL(tuned ‖ base) per completion of ${newTokens} tokens, nats`, "0", interval(kl), sample(kl)],
      },
      ...(klPerToken
        ? [
            {
              source: "run" as const,
              cells: ["KL(tuned ‖ base) per token, nats", "0", interval(klPerToken, 3), sample(klPerToken)],
            },
          ]
        : []),
    ],
  };
}
