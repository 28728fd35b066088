/** Tables: implicit rewards of words and of whole completions. */
import type { ImplicitRewardResults, Interval } from "../../results/results.js";
import { fixed, interval, percentInterval, sample, signed, whole } from "../format.js";
import { agreementCells, estimatorNames } from "./kendall.js";
import { controlHead, ownHead, type Row, type Table } from "./table.js";

type Words = ImplicitRewardResults["lexicon"]["kendall"][number]["words"];
type Control = ImplicitRewardResults["lexicon"]["controls"][number]["values"];
type Source = ImplicitRewardResults["texts"][number]["source"];
type Feature = ImplicitRewardResults["attribution"][number]["features"][number]["feature"];

const setNames: Readonly<Record<Words, string>> = {
  all: "All words",
  visited: "Visited words",
  likeliest: "The fifth of the words with the most visits",
  negative: "Negative words",
  positive: "Positive words",
};

const controlNames: Readonly<Record<Control, string>> = {
  signs: "Signs of the implicit rewards only",
  shuffledWithinPolarity: "Implicit rewards shuffled within polarity",
  baseMass: "Base model's probability",
};

const setSuffix = (words: "all" | "visited") => (words === "all" ? "all words" : "visited words");

/** Rank agreement of implicit rewards with the lexicon, over sets of words, with controls. */
export function implicitRewardAgreementTable({ lexicon, positions, klFromBase }: ImplicitRewardResults): Table {
  const { kendall, controls, words, visited, signAgreement } = lexicon;
  return {
    caption: "Rank agreement of the implicit reward with the given lexicon",
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
    note: `Implicit reward of a word: log p(tuned) − log p(base), centred in each context by its mean under the base model and averaged over ${whole(positions)} held-out contexts with the base model's probabilities as weights (mean KL of base from tuned per context: ${fixed(klFromBase, 3)} nats). ${whole(visited)} of ${whole(words)} words are visited: the base model is expected to sample them at least once in these contexts. The implicit reward has the lexicon's sign for ${percentInterval(signAgreement.all)} of all words and for ${percentInterval(signAgreement.visited)} of the visited words.`,
  };
}

/** The implicit reward compared with the tuned model's probe. */
export function againstProbeTable({ againstProbe }: ImplicitRewardResults): Table {
  return {
    caption: "Implicit reward and probe over the same words",
    columns: [
      { label: "Probe", text: true },
      { label: "Tau, implicit reward" },
      { label: "Tau, probe" },
      { label: "Difference" },
      { label: "n" },
    ],
    rows: againstProbe.map(({ estimator, words, implicitReward, probe, difference }) => ({
      source: "run",
      cells: [
        `${estimatorNames[estimator]}, ${setSuffix(words)}`,
        interval(implicitReward.tau, 3),
        interval(probe.tau, 3),
        interval(difference, 3),
        sample(difference),
      ],
    })),
    note: "Probe: the linear reward model R of the tuned model; each word is valued by a model fitted without it. Difference: implicit reward − probe, over the same resamples of the words.",
  };
}

const sourceNames: Readonly<Record<Source, string>> = {
  base: "Base model's completions",
  tuned: "Tuned model's completions",
  withinPrompt: "Tuned minus base, same prompt",
};

export function textAgreementTable({ texts }: ImplicitRewardResults): Table {
  const rewarded = { completion: "completion", promptAndCompletion: "prompt and completion" } as const;
  return {
    caption: "Implicit reward of whole completions against their given reward",
    columns: [
      { label: "Completions, text that is rewarded", text: true },
      { label: "Pearson" },
      { label: "Kendall" },
      { label: "EPIC distance" },
      { label: "Pearson with another prompt's reward (control)" },
      { label: "Pearson of the base log-probability (control)" },
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
    note: "Implicit reward of a completion: log p(tuned) − log p(base), summed over its tokens. It contains an unknown constant per prompt. Each prompt has one completion per model, so the rows of one model are centred by the mean of all its completions, and the constant cancels only in the rows of differences. EPIC distance: √((1 − Pearson) / 2) (Gleave et al. 2021), without further canonicalisation.",
  };
}

const featureNames: Readonly<Record<Feature, string>> = {
  reward: "Given reward of the completion",
  length: "Length in tokens",
  ended: "Ends with end-of-text",
  punctuation: "Punctuation tokens",
  repetition: "Repeated token pairs",
  frequentWords: "Frequent words",
};

/** Features that explain the implicit rewards of completions, one pair of columns per source. */
export function attributionTable({ attribution }: ImplicitRewardResults): Table {
  const row = (
    head: Row["cells"][number],
    cell: (one: ImplicitRewardResults["attribution"][number]) => string[],
  ): Row => ({
    source: "run",
    cells: [head, ...attribution.flatMap(cell)],
  });
  const share = (one: Interval) => percentInterval(one);
  return {
    caption: "What tuning changed in completions",
    columns: [
      { label: "Explained by", text: true },
      ...attribution.flatMap(({ source }) => [{ label: `${sourceNames[source]}: loss of R²` }, { label: "Effect" }]),
    ],
    rows: [
      ...(Object.keys(featureNames) as Feature[]).map((feature) =>
        row(featureNames[feature], ({ features }) => {
          const found = features.find((one) => one.feature === feature);
          return [share(found!.dropOne), signed(found!.coefficient)];
        }),
      ),
      {
        ...row(controlHead("Reward of another prompt's completion"), ({ shuffledReward }) => [
          share(shuffledReward),
          "",
        ]),
        source: "control",
      },
      row("All together", ({ r2 }) => [share(r2), ""]),
      row("Unexplained", ({ unexplained }) => [share(unexplained), ""]),
      row("n", ({ r2 }) => [sample(r2), ""]),
    ],
    note: "Least squares of the implicit reward on all features. Loss of R²: how much less is explained without the feature; measured on the completions that the model is fitted on, it is never negative, so compare it with the control. Effect: standard deviations of the implicit reward per standard deviation of the feature. Frequent words: the 50 most frequent of the corpus.",
  };
}

/** Words that one model writes more often than the other in completions of the same prompts. */
export function overRepresentedTable({ overRepresented }: Pick<ImplicitRewardResults, "overRepresented">): Table {
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
    note: `Log-odds with an informative Dirichlet prior (Monroe et al. 2008) over ${whole(words.tuned)} words of the tuned model's and ${whole(words.base)} of the base model's completions; z: log-odds divided by their standard deviation. Of ${whole(words.different)} different words ${whole(beyond196)} have |z| above 1.96. With the models' completions of each prompt exchanged at random, ${whole(shuffled.beyond196)} have, and the largest |z| is ${fixed(shuffled.largest, 1)}.`,
  };
}
