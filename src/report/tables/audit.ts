/** Tables of an audit: properties, words, tokens, and texts. */
import type { AuditExplanation, AuditedTextLine, AuditResults, Interval } from "../../results/results.js";
import { propertyName } from "../audit-sentences.js";
import { fixed, interval, percent, percentInterval, sample, signed, whole } from "../format.js";
import { partName } from "../part-names.js";
import type { Table } from "./table.js";

/** The explained share of each property, and its change by tuning. */
export function propertiesTable(explanation: AuditExplanation, { shifts }: AuditResults): Table {
  const shiftOf = new Map(shifts.map((shift) => [shift.name, shift]));
  const { properties, chance, r2, unexplained } = explanation;
  return {
    caption: "Properties of completions",
    columns: [
      { label: "Property", text: true },
      { label: "What is counted", text: true, wide: true },
      { label: "Own share" },
      { label: "Coefficient" },
      { label: "Correlation" },
      { label: "Mean in base" },
      { label: "Mean in tuned" },
      { label: "Tuned − base" },
    ],
    rows: properties.map(({ name, unique, coefficient, correlation }) => {
      const shift = shiftOf.get(name);
      return {
        source: "run",
        cells: [
          propertyName(name),
          shift?.summary ?? "",
          percentInterval(unique),
          interval(coefficient),
          interval(correlation),
          fixed(shift?.base.value),
          fixed(shift?.tuned.value),
          interval(shift?.difference),
        ],
      };
    }),
    note: `Least squares of the log-ratio of whole completions of both models on all properties, over ${sample(r2)}. Own share: the part of the variance that no other property explains; 95% of permutations have none above ${percent(chance)}. Coefficient: in standard deviations, all others held. All together: ${percentInterval(r2)} on the completions that they are fitted on, ${percentInterval(unexplained)} unexplained in others.`,
  };
}

const explained: Readonly<Record<AuditExplanation["texts"], string>> = {
  samples: "completions of both models",
  base: "completions of the base model",
  tuned: "completions of the tuned model",
  corpus: "texts of the corpus",
};

/** Explained shares for other texts, and for log-ratios per token. */
export function explanationsTable({ explanations }: AuditResults): Table {
  return {
    caption: "The same of other texts and measures",
    columns: [
      { label: "Texts", text: true },
      { label: "Log-ratio", text: true },
      { label: "Explains most", text: true },
      { label: "Own share" },
      { label: "Chance" },
      { label: "Unexplained" },
    ],
    rows: explanations.map(({ texts, measure, properties: [best], chance, unexplained }) => ({
      source: "run",
      cells: [
        explained[texts],
        measure === "total" ? "sum over tokens" : "mean per token",
        best === undefined ? "" : propertyName(best.name),
        percentInterval(best?.unique),
        percent(chance),
        percentInterval(unexplained),
      ],
    })),
    note: "Of the mean per token, counts are per token too. Over completions of both models a property that tells which model wrote a text explains the more for that; over those of one model it does not.",
  };
}

/** Words and tokens whose probability tuning increased and decreased most. */
export function likedWordsTable({ words, tokens }: AuditResults): Table {
  const rows = Math.max(words.liked.length, words.disliked.length, tokens.liked.length, tokens.disliked.length);
  const word = (one: (typeof words.liked)[number] | undefined) =>
    one ? [one.word, `${interval({ ...one, n: one.texts, unit: "text" })}`, whole(one.texts)] : ["", "", ""];
  const token = (one: (typeof tokens.liked)[number] | undefined) =>
    one ? [JSON.stringify(one.token), signed(one.value)] : ["", ""];
  const ofWords = [{ label: "Log-ratio" }, { label: "Texts" }];
  return {
    caption: "Words and tokens by log-ratio",
    columns: [
      { label: "Word liked", text: true },
      ...ofWords,
      { label: "Word disliked", text: true },
      ...ofWords,
      { label: "Token liked", text: true },
      { label: "Log-ratio" },
      { label: "Token disliked", text: true },
      { label: "Log-ratio" },
    ],
    rows: Array.from({ length: rows }, (_, i) => ({
      source: "run",
      cells: [
        ...word(words.liked[i]),
        ...word(words.disliked[i]),
        ...token(tokens.liked[i]),
        ...token(tokens.disliked[i]),
      ],
    })),
    note: "Words: mean of log p(tuned) − log p(base) over the texts that have the word, in nats, ordered by the end of the interval nearer to 0; words of fewer than five texts, or whose interval includes 0, are left out. Tokens: the log-ratio centred over the vocabulary, over contexts of the corpus; those that the base model would write at least once there.",
  };
}

const origins: Readonly<Record<AuditedTextLine["origin"], string>> = {
  base: "base model",
  tuned: "tuned model",
  corpus: "corpus",
};

/** The texts whose probability tuning increased most, or decreased most. */
export function textsTable(texts: readonly AuditedTextLine[], caption: string): Table {
  return {
    caption,
    columns: [
      { label: "By", text: true },
      { label: "Prompt", text: true },
      { label: "Text", text: true },
      { label: "Log-ratio" },
      { label: "Per token" },
    ],
    rows: texts.map(({ origin, prompt, text, logRatio, tokens }) => ({
      source: "run",
      cells: [origins[origin], prompt, text, signed(logRatio), signed(logRatio / tokens, 3)],
    })),
    note: "By log-ratio per token, in nats.",
  };
}

/** Single parts of one model in the other. */
export function auditPartsTable({ parts, together, contrast }: NonNullable<AuditResults["parts"]>): Table {
  const row = (name: string, into: Interval, from: Interval) => ({
    source: "run" as const,
    cells: [name, percentInterval(into), percentInterval(from)],
  });
  return {
    caption: "What each part carries of the difference",
    columns: [{ label: "Part", text: true }, { label: "Put into base" }, { label: "Taken from tuned" }],
    rows: [
      ...parts.map((part) => row(partName(part), part.intoBase.share, part.intoTuned.share)),
      row("all single parts, summed", together.intoBase.sum, together.intoTuned.sum),
    ],
    note: `The difference: how much likelier the tuned model makes its own completion than the base model's of the same prompt, less the same for the base model: ${interval(contrast)} nats over ${sample(contrast)}. Put into base: the share that the base model with the tuned model's part has of it. Taken from tuned: the share that the tuned model with the base model's part lacks. Both read the same texts.`,
  };
}
