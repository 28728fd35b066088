/** `rewardscope sample`: samples text from a model. */
import { ConfigError } from "../../errors.js";
import { loadModel } from "../../model/load.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { type Command, offlineOption, stoppable } from "../command.js";
import { downloadedModel } from "../downloaded-model.js";
import { modelAtRevision, revisionOption } from "../model-revision.js";

interface SampleOptions {
  prompt?: string;
  tokens?: string;
  count?: string;
  temperature?: string;
  topK?: string;
  topP?: string;
  seed?: string;
  revision?: string;
  offline?: boolean;
}

const defaults = { tokens: "40", count: "1", temperature: "1", topK: "0", topP: "1", seed: "42" };
const numeric = Object.keys(defaults) as (keyof typeof defaults)[];

export const command: Command<SampleOptions> = {
  arguments: [
    {
      syntax: "<model>",
      description:
        "embedded, a local folder in the Hub's layout, or an id on the Hub (owner/name, owner/name@revision)",
    },
  ],
  options: [
    { flags: "--prompt <text>", description: "the text to continue; default: none, sample from the start of a text" },
    { flags: "--tokens <n>", description: "maximal number of new tokens; default: 40" },
    { flags: "--count <n>", description: "number of texts; default: 1" },
    { flags: "--temperature <t>", description: "sampling temperature; 0: the most likely token; default: 1" },
    { flags: "--top-k <k>", description: "sample among the k most likely tokens; default: 0, all" },
    {
      flags: "--top-p <p>",
      description: "sample among the most likely tokens whose probabilities sum to p; default: 1, all",
    },
    { flags: "--seed <n>", description: "seed of the random numbers; default: 42" },
    revisionOption,
    offlineOption,
  ],
  example: 'rewardscope sample embedded --prompt "This movie was" --count 3',
  async run([name], options, { json, print, signal, observer }) {
    const given = { ...defaults, ...options };
    const issues = numeric
      .filter((key) => !Number.isFinite(Number(given[key])) || given[key].trim() === "")
      .map((key) => ({
        path: `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        expected: "a number",
        received: given[key],
      }));
    if (issues.length > 0) throw new ConfigError("rewardscope sample", issues);
    const hub = { offline: options.offline, signal };
    const folder = await stoppable(signal, downloadedModel(modelAtRevision(name!, options.revision), hub, observer));
    const [model, tokenizer] = [await loadModel(folder, hub), await loadTokenizer(folder, hub)];
    const ids = given.prompt ? tokenizer.encode(given.prompt) : [tokenizer.eosTokenId ?? 0];
    const rows = await model.generate(
      Array.from({ length: Number(given.count) }, () => ids),
      {
        maxNewTokens: Number(given.tokens),
        temperature: Number(given.temperature),
        topK: Number(given.topK),
        topP: Number(given.topP),
        seed: Number(given.seed),
        signal,
      },
    );
    const texts = rows.map((row) => tokenizer.decode(row, { skipSpecialTokens: true }));
    if (json) return print(JSON.stringify(texts, null, 2));
    texts.forEach((text, i) => {
      print(i > 0 ? `\n${text}` : text);
    });
  },
};
