/**
 * `rewardscope verify-model`: lists the content of a model folder, tests the model on a sample, and says what works with it.
 */
import { FormatError, RunError } from "../../errors.js";
import type { HubOptions } from "../../io/hub/hub.js";
import { shownList } from "../../io/shown-value.js";
import { isAdapterFolder } from "../../model/adapter/adapter.js";
import { inspectModel, type ModelInspection } from "../../model/inspect.js";
import { loadModel } from "../../model/load.js";
import { loadClassifier } from "../../model/text-classifier.js";
import { loadChatTemplate } from "../../model/tokenizer/chat-template.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { sum } from "../../stats/moments.js";
import { type Command, offlineOption, stoppable } from "../command.js";
import { downloadedModel } from "../downloaded-model.js";
import { modelAtRevision, revisionOption } from "../model-revision.js";
import { classifierUses, languageModelUses, type ModelUse } from "../model-uses.js";

/** The prompt for a language model. */
const PROMPT = "This movie was";
const NEW_TOKENS = 12;

/** Maximal number of tensor names in the output, since a deep model has many buffers. */
const MOST_NAMES = 12;

/** Example texts for a classifier. */
const TEXTS = ["A wonderful film with a great cast.", "A dull film, badly acted and far too long."];

interface Sample {
  /** Whether all logits are finite. */
  readonly finite: boolean;
  readonly logits: { readonly lowest: number; readonly highest: number };
  /** For a language model: the prompt, and its most likely continuation. */
  readonly prompt?: string;
  readonly continuation?: string;
  /** For a classifier: the raw logit of each class. */
  readonly texts?: { readonly text: string; readonly logits: Record<string, number> }[];
  readonly uses: readonly ModelUse[];
}

export const command: Command<{ revision?: string; offline?: boolean }> = {
  arguments: [
    {
      syntax: "<model>",
      description: "embedded, a local folder in the Hub's layout, or an id on the Hub (owner/name)",
    },
  ],
  options: [revisionOption, offlineOption],
  example: "rewardscope verify-model embedded",
  async run([model = ""], { revision, offline }, { json, print, signal, observer }) {
    const hub = { offline, signal };
    const name = await stoppable(signal, downloadedModel(modelAtRevision(model, revision), hub, observer));
    const found = await inspectModel(name, hub);
    const { problems } = found;
    const sample =
      problems.length > 0 ? undefined : await (found.kind === "classifier" ? classify : continuePrompt)(name, hub);
    if (json)
      print(JSON.stringify({ ...found, total: total(found), ...(sample ? sampleAndUses(sample) : {}) }, null, 2));
    else if (sample) for (const line of [...describe(found), ...describeSample(sample)]) print(line);
    if (problems.length > 0) {
      const list = problems.map((problem) => `\n  ${problem.replaceAll("\n", "\n  ")}`).join("");
      throw new FormatError(
        found.folder,
        `cannot be loaded, ${problems.length} problem${problems.length === 1 ? "" : "s"}${list}`,
      );
    }
    if (!sample?.finite) throw new RunError(`${found.folder}: the logits of the sample are not all finite`);
  },
};

async function continuePrompt(name: string, hub: Pick<HubOptions, "offline" | "signal">): Promise<Sample> {
  const { signal } = hub;
  const [model, tokenizer] = [await loadModel(name, hub), await loadTokenizer(name, hub)];
  const { maxPositions } = model.config;
  const encoded = tokenizer.encode(PROMPT).slice(0, Math.max(1, maxPositions - 1));
  const prompt = encoded.length > 0 ? encoded : [tokenizer.eosTokenId ?? 0];
  const { logits } = await model.forward({ inputIds: [prompt] }, { signal });
  const maxNewTokens = Math.min(NEW_TOKENS, maxPositions - prompt.length);
  const [row] = await model.generate([prompt], { maxNewTokens, temperature: 0, signal });
  await model.dispose();
  const hasTemplate = (await loadChatTemplate(name, hub)) !== undefined;
  return {
    ...range(logits.data),
    prompt: PROMPT,
    continuation: tokenizer.decode(row.slice(prompt.length)),
    uses: languageModelUses(model, { isAdapter: isAdapterFolder(name), hasTemplate }),
  };
}

async function classify(name: string, { signal }: Pick<HubOptions, "signal">): Promise<Sample> {
  const classifier = await loadClassifier(name);
  const { labels } = classifier;
  const { data } = await classifier.logits(TEXTS, signal);
  await classifier.dispose();
  const ofText = (row: number) =>
    Object.fromEntries(labels.map((label, column) => [label, data[row * labels.length + column]]));
  const texts = TEXTS.map((text, row) => ({ text, logits: ofText(row) }));
  return { ...range(data), texts, uses: classifierUses(labels) };
}

function sampleAndUses({ uses, ...sample }: Sample): { sample: Omit<Sample, "uses">; uses: Sample["uses"] } {
  return { sample, uses };
}

function range(values: Float32Array): Pick<Sample, "finite" | "logits"> {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) return { finite: false, logits: { lowest: value, highest: value } };
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return { finite: true, logits: { lowest, highest } };
}

const total = ({ parameters }: ModelInspection): number => sum(parameters.map(({ count }) => count));

const line = (name: string, value: string): string => `${name.padEnd(13)} ${value}`;

function describe(found: ModelInspection): string[] {
  const { folder, architecture, files, parameters, unused, notes } = found;
  const formats = (of: (typeof files)[number]): string =>
    Object.entries(of.formats)
      .map(([dtype, count]) => `${count} ${dtype}`)
      .join(", ");
  const byWhat = new Map<string, string[]>();
  for (const { name, what = "not known" } of unused) byWhat.set(what, [...(byWhat.get(what) ?? []), name]);
  return [
    line("folder", folder),
    line("architecture", architecture ?? ""),
    ...files.map((file, i) => line(i === 0 ? "files" : "", `${file.name}: tensors ${formats(file)}`)),
    line("parameters", total(found).toLocaleString("en")),
    ...joinBlocks(parameters).map(({ part, count }) => line("", `${part}: ${count.toLocaleString("en")}`)),
    line("missing", "none"),
    line("unused", unused.length === 0 ? "none" : `${unused.length} tensors`),
    ...[...byWhat].map(([what, names]) => line("", `${what}: ${shownList(names, MOST_NAMES)}`)),
    ...notes.map((note) => line("note", note)),
  ];
}

/** Replaces blocks of equal size by one line. */
function joinBlocks(parameters: ModelInspection["parameters"]): { part: string; count: number }[] {
  const [first, ...others] = parameters.filter(({ part }) => part.startsWith("block "));
  if (!first || others.some(({ count }) => count !== first.count)) return [...parameters];
  const blocks = { part: `each of ${others.length + 1} blocks`, count: first.count };
  return parameters.flatMap((entry) => (entry === first ? [blocks] : others.includes(entry) ? [] : [entry]));
}

function describeSample({ logits, prompt, continuation, texts = [], uses }: Sample): string[] {
  const { lowest, highest } = logits;
  return [
    ...(prompt === undefined ? [] : [line("sample", `${prompt}|${JSON.stringify(continuation).slice(1, -1)}`)]),
    ...texts.map(({ text, logits: of }, i) =>
      line(
        i === 0 ? "sample" : "",
        `${text} ${Object.entries(of)
          .map(([label, value]) => `${label} ${value.toFixed(3)}`)
          .join(", ")}`,
      ),
    ),
    line("logits", `${lowest.toFixed(2)} to ${highest.toFixed(2)}`),
    ...uses.map(({ use, works, because }, i) =>
      line(i === 0 ? "works with" : "", `${use}: ${works ? "yes" : "no"}, ${because}`),
    ),
  ];
}
