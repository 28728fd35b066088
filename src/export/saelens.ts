/** Export of a run's dictionaries: the SAELens folders of the run, with a card. */
import { existsSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { writeFileAtomic } from "../io/atomic.js";
import { mlpHookPoint } from "../model/hook-points.js";
import { baseModel } from "../report/settings.js";
import { readRun } from "../results/read-run.js";
import type { SharedQuality } from "../results/sections/dictionaries.js";
import { baseOnHub, card, markdownTable } from "./card.js";

/** @throws FormatError when the run has no dictionaries yet */
export async function writeSaelens(run: string, folder: string): Promise<void> {
  const from = join(run, "dictionaries");
  const data = await readRun(run);
  const { record, results } = data;
  if (!existsSync(from) || !results.dictionaries)
    throw new FormatError(run, "the run has no dictionaries yet", { help: "The stage dictionaries makes them." });
  await cp(from, folder, { recursive: true, filter: (path) => !/\/\.[^/]+$/.test(path) });
  const [first] = (await readdir(join(from, "tuned"))).sort();
  const { dictionaries, shared = [] } = results.dictionaries;
  const row = (path: string, { dSae, l0, explainedVariance }: SharedQuality): (string | number)[] => [
    `\`${path}\``,
    dSae,
    l0.toFixed(1),
    explainedVariance.toFixed(2),
  ];
  const rows = [
    ...dictionaries.map((one) => row(`${one.model}/${mlpHookPoint(one.layer)}/${one.size}`, one)),
    ...shared.filter(({ model: role }) => role === "tuned").map((one) => row(`shared/${mlpHookPoint(one.layer)}`, one)),
  ];
  const body = [
    "# Sparse autoencoders of MLP outputs",
    `Trained on \`${baseModel(data)}\` (\`base\`), on the model tuned from it (\`tuned\`), and on both together (\`shared\`), by rewardscope ${record.versions.rewardscope}.`,
    `\`\`\`python\nfrom sae_lens import SAE\n\nsae = SAE.load_from_disk("path/to/this/folder/tuned/${first}/small")\n\`\`\``,
    markdownTable(["folder", "features", "active per token (L0)", "explained variance"], rows),
  ];
  const matter = {
    library_name: "saelens",
    base_model: baseOnHub(data),
    tags: ["sparse-autoencoder", "rewardscope"],
  };
  await writeFileAtomic(join(folder, "README.md"), card(matter, body));
}
