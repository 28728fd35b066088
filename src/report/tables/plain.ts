/** Tables: what the two models say directly, of words and of whole texts. */
import type { Interval, PlainResults } from "../../results/results.js";
import { fixed, interval, percentInterval, sample, signed, whole } from "../format.js";
import { agreementCells, estimatorNames } from "./kendall.js";
import { controlHead, ownHead, type Row, type Table } from "./table.js";

type Words = PlainResults["lexicon"]["kendall"][number]["words"];
type Control = PlainResults["lexicon"]["controls"][number]["values"];
type Source = PlainResults["texts"][number]["source"];
type Feature = PlainResults["attribution"][number]["features"][number]["feature"];

const setNames: Readonly<Record<Words, string>> = {
  all: "All words",
  visited: "Words visited",
  likeliest: "Likeliest fifth of the words",
  negative: "Negative words",
  positive: "Positive words",
};

const controlNames: Readonly<Record<Control, string>> = {
  signs: "Signs of the values alone",
  shuffledWithinPolarity: "Values shuffled within polarity",
  baseMass: "Base model's probability",
};

const setSuffix = (words: "all" | "visited") => (words === "all" ? "all words" : "words visited");

/** Rank agreement of the reading with the lexicon, over sets of words, with its controls. */
export function plainAgreementTable({ lexicon, positions, klFromBase }: PlainResults): Table {
  const { kendall, controls, words, visited, signAgreement } = lexicon;
  return {
    caption: "Rank agreement of the plain reading with the given lexicon",
    columns: [{ label: "Words", text: true }, { label: "Tau" }, { label: "p" }, { label: "Distance" }, { label: "n" }],
    rows: [
      ...(Object.keys(setNames) as Words[]).flatMap((set): Row[] => {
        const found = kendall.find((one) => one.words === set);
        return found ? [{ source: "run", cells: [ownHead(setNames[set]), ...agreementCells(found.result)] }] : [];
      }),
      ...controls.map(
        (control): Row => ({
          source: "control",
          cells: [
            controlHead(`${controlNames[control.values]}, ${setSuffix(control.words)}`),
            ...agreementCells(control.result),
          ],
        }),
      ),
    ],
    note: `Value: log p(tuned) − log p(base) of the word, centred in each context by its mean under the base model and averaged over ${whole(positions)} held-out contexts with the base model's probabilities as weights (mean KL of base from tuned per context: ${fixed(klFromBase, 3)} nats). ${whole(visited)} of ${whole(words)} words are visited: the base model would say them at least once in these contexts. Of all words ${percentInterval(signAgreement.all)} have the lexicon's sign, of those visited ${percentInterval(signAgreement.visited)}.`,
  };
}

/** The reading beside the tuned model's probe. */
export function plainAgainstProbeTable({ againstProbe }: PlainResults): Table {
  return {
    caption: "The plain reading beside the probe, over the same words",
    columns: [
      { label: "Probe", text: true },
      { label: "Tau, plain reading" },
      { label: "Tau, probe" },
      { label: "Plain − probe" },
      { label: "n" },
    ],
    rows: againstProbe.map(({ estimator, words, plain, probe, difference }) => ({
      source: "run",
      cells: [
        `${estimatorNames[estimator]}, ${setSuffix(words)}`,
        interval(plain.tau, 3),
        interval(probe.tau, 3),
        interval(difference, 3),
        sample(difference),
      ],
    })),
    note: "Probe: R of the tuned model, out of fold. Differences over the same resamples of the words.",
  };
}

const sourceNames: Readonly<Record<Source, string>> = {
  base: "Base model's completions",
  tuned: "Tuned model's completions",
  withinPrompt: "Tuned minus base, same prompt",
};

export function textAgreementTable({ texts }: PlainResults): Table {
  const rewarded = { completion: "completion", promptAndCompletion: "prompt and completion" } as const;
  return {
    caption: "Values of whole completions against their given reward",
    columns: [
      { label: "Texts, rewarded text", text: true },
      { label: "Pearson" },
      { label: "Kendall" },
      { label: "EPIC distance" },
      { label: "Pearson, another's reward (control)" },
      { label: "Pearson, base log-probability (control)" },
      { label: "n" },
    ],
    rows: texts.map((one) => ({
      source: "run",
      cells: [
        `${sourceNames[one.source]}, ${rewarded[one.rewarded]}`,
        interval(one.pearson),
        interval(one.kendall),
        interval(one.epicDistance),
        interval(one.shuffled),
        interval(one.baseLogProb),
        sample(one.pearson),
      ],
    })),
    note: "Value: sum of log p(tuned) − log p(base) over the completion. Each prompt has one completion per model, so within a model values are centred by the mean of the model's texts; the constant of each prompt, which the log-ratio does not tell from the reward, cancels only in the third kind of row. EPIC distance: √((1 − Pearson) / 2), without canonicalisation beyond this centring.",
  };
}

const featureNames: Readonly<Record<Feature, string>> = {
  reward: "Given reward of the completion",
  length: "Length in tokens",
  ended: "Ended by end-of-text",
  punctuation: "Punctuation tokens",
  repetition: "Repeated token pairs",
  frequentWords: "Frequent words",
};

/** What the values of texts are explained by, one pair of columns per source. */
export function attributionTable({ attribution }: PlainResults): Table {
  const row = (head: Row["cells"][number], cell: (one: PlainResults["attribution"][number]) => string[]): Row => ({
    source: "run",
    cells: [head, ...attribution.flatMap(cell)],
  });
  const share = (one: Interval) => percentInterval(one);
  return {
    caption: "What tuning changed in completions",
    columns: [
      { label: "Explained by", text: true },
      ...attribution.flatMap(({ source }) => [
        { label: `${sourceNames[source]}: R² lost without it` },
        { label: "Effect" },
      ]),
    ],
    rows: [
      ...(Object.keys(featureNames) as Feature[]).map((feature) =>
        row(featureNames[feature], ({ features }) => {
          const found = features.find((one) => one.feature === feature);
          return [share(found!.dropOne), signed(found!.coefficient)];
        }),
      ),
      {
        ...row(controlHead("Reward of another prompt's text"), ({ shuffledReward }) => [share(shuffledReward), ""]),
        source: "control",
      },
      row("All together", ({ r2 }) => [share(r2), ""]),
      row("Unexplained", ({ unexplained }) => [share(unexplained), ""]),
      row("n", ({ r2 }) => [sample(r2), ""]),
    ],
    note: "Least squares of the value on all features. Effect: standard deviations of the value per standard deviation of the feature. R² lost is of the texts fitted on and never negative, so read it against the control. Frequent words: among the 50 most frequent of the corpus.",
  };
}

/** Words that one model says more often than the other in completions of the same prompts. */
export function overRepresentedTable({ overRepresented }: PlainResults): Table {
  const { moreInTuned, moreInBase, words, beyond196, shuffled } = overRepresented;
  const named = (one: (typeof moreInTuned)[number] | undefined) =>
    one ? [one.word, fixed(one.z, 1), whole(one.base), whole(one.tuned)] : ["", "", "", ""];
  const rows = Math.max(moreInTuned.length, moreInBase.length);
  const columns = [{ label: "z" }, { label: "In base" }, { label: "In tuned" }];
  return {
    caption: "Over-represented words",
    columns: [{ label: "More in tuned", text: true }, ...columns, { label: "More in base", text: true }, ...columns],
    rows: Array.from({ length: rows }, (_, i) => ({
      source: "run",
      cells: [...named(moreInTuned[i]), ...named(moreInBase[i])],
    })),
    note: `Log-odds with an informative Dirichlet prior (Monroe et al. 2008) over ${whole(words.tuned)} words of the tuned and ${whole(words.base)} of the base model's completions. Of ${whole(words.different)} different words ${whole(beyond196)} have |z| above 1.96; with the models' texts exchanged at random ${whole(shuffled.beyond196)}, the largest |z| being ${fixed(shuffled.largest, 1)}.`,
  };
}
