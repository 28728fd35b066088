/** Export of the tuned model as a folder that the Hub and `transformers` read, with a model card. */
import { existsSync } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { jsonText, writeFileAtomic } from "../io/atomic.js";
import { interval } from "../report/format.js";
import { baseModel } from "../report/settings.js";
import { type RunData, readRun } from "../results/read-run.js";
import { baseOnHub, card, markdownTable } from "./card.js";

/** The rows of the card's table; empty before the stage evaluate. */
function measured({ results: { tune } }: RunData): string[] {
  if (!tune) return [];
  const { reward, kl, distinct2 } = tune;
  const rows = [
    ["reward of prompt and completion, base model", interval(reward.base)],
    ["reward of prompt and completion, this model", interval(reward.tuned)],
    ["difference, paired over prompts", interval(reward.difference)],
    ["KL divergence from the base model per completion, nats", interval(kl)],
    ["distinct bigrams / bigrams, base model", distinct2.base.toFixed(2)],
    ["distinct bigrams / bigrams, this model", distinct2.tuned.toFixed(2)],
  ];
  const title = `Measured on completions of ${tune.newTokens} tokens of ${reward.difference.n} held-out prompts, with 95% intervals:`;
  return ["## Results", title, markdownTable(["measure", "value"], rows)];
}

/** @throws FormatError when the run has no tuned model of its own */
export async function writeHubModel(run: string, folder: string): Promise<void> {
  const tuned = join(run, "tuned");
  if (!existsSync(join(tuned, "model.safetensors")))
    throw new FormatError(run, "the run has no tuned model of its own", {
      help: "The stage tune makes it; a run on a given pair of models has none.",
    });
  const data = await readRun(run);
  const { ppo, reward, seed } = data.record.config;
  const onHub = baseOnHub(data);
  for (const name of await readdir(tuned)) await copyFile(join(tuned, name), join(folder, name));
  const matter = {
    library_name: "transformers",
    pipeline_tag: "text-generation",
    base_model: onHub,
    tags: ["ppo", "rlhf", "rewardscope"],
  };
  const body = [
    `# ${onHub ?? "A language model"}, tuned by PPO`,
    `The model was tuned from \`${baseModel(data)}\` with the seed ${seed} by rewardscope ${data.record.versions.rewardscope}. \`value_head.safetensors\` is the value head of PPO; \`transformers\` does not read it.`,
    '```python\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\nmodel = AutoModelForCausalLM.from_pretrained("path/to/this/folder")\ntokenizer = AutoTokenizer.from_pretrained("path/to/this/folder")\n```',
    ...measured(data),
    "## Reward and settings",
    `\`\`\`json\n${jsonText({ reward, ppo }).trimEnd()}\n\`\`\``,
    "## Limits",
    "The model was tuned to raise this reward and nothing else. Its texts are not checked for truth or harm.",
  ];
  await writeFileAtomic(join(folder, "README.md"), card(matter, body));
}
