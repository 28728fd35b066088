/** Tables: shares of exchanged parts, integrated gradients, doses, tokens. */
import type { CarriedToken, CarryResults } from "../../results/results.js";
import { fixed, interval, percent, percentInterval, sample, signed, whole } from "../format.js";
import { groupNames, partName } from "../part-names.js";
import type { Row, Table } from "./table.js";

/** Number of listed tokens, at each end. */
const TOKENS = 20;

type Effects = Pick<CarryResults["groups"][number], "intoBase" | "intoTuned">;

/** Parts and groups of parts, in both directions. */
export function carryPartsTable({ parts, groups, together, path, contrast, reward }: CarryResults): Table {
  const sampled = [...parts, ...groups].some(({ intoBase }) => intoBase.reward);
  const rewards = ({ intoBase, intoTuned }: Effects) =>
    sampled ? [interval(intoBase.reward), interval(intoTuned.reward)] : [];
  const row = (name: string, onPath: string, effects: Effects): Row => ({
    source: "run",
    cells: [
      name,
      onPath,
      percentInterval(effects.intoBase.share),
      percentInterval(effects.intoTuned.share),
      ...rewards(effects),
    ],
  });
  return {
    caption: "What each part carries of the difference",
    columns: [
      { label: "Part", text: true },
      { label: "Of the line from base to tuned" },
      { label: "Put into base" },
      { label: "Taken from tuned" },
      ...(sampled ? [{ label: "Reward, put into base" }, { label: "Reward, taken from tuned" }] : []),
    ],
    rows: [
      ...parts.map((part, i) => row(partName(part), percentInterval(path.parts[i]?.share), part)),
      {
        source: "run",
        cells: [
          "all single parts, summed",
          percent(path.sum === 0 ? 0 : path.parts.reduce((sum, { share }) => sum + share.value, 0)),
          percentInterval(together.intoBase.sum),
          percentInterval(together.intoTuned.sum),
          ...(sampled ? ["", ""] : []),
        ],
      },
      {
        source: "run",
        cells: [
          "interaction: 100% less the sum",
          "",
          percentInterval(together.intoBase.interaction),
          percentInterval(together.intoTuned.interaction),
          ...(sampled ? ["", ""] : []),
        ],
      },
      ...groups.map((group) => row(groupNames[group.group], "", group)),
    ],
    note: `The difference: how much likelier the tuned model makes its own completion than the base model's of the same prompt, less the same for the base model: ${interval(contrast)} nats over ${sample(contrast)}, the sum of the two models' KL divergences. Put into base: the share that the base model with the tuned model's part has of it. Taken from tuned: the share that the tuned model with the base model's part lacks. Both read the same texts. Of the line: integrated gradients from base to tuned weights at ${whole(path.points)} points, which add up (their sum is off by ${percent(path.error, 2)}); intervals over groups of prompts.${sampled ? ` Reward: change of the mean reward of sampled completions; all parts together change it by ${interval(reward.difference)}.` : ""}`,
  };
}

export function carryDosesTable({ doses }: CarryResults): Table {
  return {
    caption: "Doses of the whole difference",
    columns: [
      { label: "Dose" },
      { label: "Reward" },
      { label: "Less base" },
      { label: "KL from base, nats" },
      { label: "Distinct bigrams" },
    ],
    rows: doses.map(({ dose, reward, change, kl, distinct2 }) => ({
      source: "run",
      cells: [fixed(dose), interval(reward), interval(change), interval(kl), fixed(distinct2)],
    })),
    note: `Weights base + dose × (tuned − base), ${sample(doses[0]?.reward)}.`,
  };
}

/** The tokens with the largest and the smallest integrated gradients; undefined without tokens. */
export function carriedTokensTable(tokens: readonly CarriedToken[]): Table | undefined {
  if (tokens.length === 0) return undefined;
  const byValue = [...tokens].sort((a, b) => b.value - a.value || a.id - b.id);
  const [most, least] = [byValue.slice(0, TOKENS), byValue.slice(-TOKENS).reverse()];
  const named = ({ text, value, inBase, inTuned }: CarriedToken) => [
    JSON.stringify(text),
    signed(value, 3),
    whole(inBase),
    whole(inTuned),
  ];
  const columns = [{ label: "Nats" }, { label: "In base" }, { label: "In tuned" }];
  return {
    caption: "Rows of the vocabulary that carry most",
    columns: [{ label: "Token", text: true }, ...columns, { label: "Against it", text: true }, ...columns],
    rows: most.map((token, i) => ({ source: "run", cells: [...named(token), ...named(least[i])] })),
    note: "What the row of a token in the embedding (and in the unembedding, where it is another matrix) carries on the line from base to tuned weights, and how often the token is in the completions.",
  };
}
