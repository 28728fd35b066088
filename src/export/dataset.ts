/** Export of all tables as a data set folder of the Hub, which `datasets.load_dataset` opens. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FormatError } from "../errors.js";
import { writeFileAtomic } from "../io/atomic.js";
import { baseModel } from "../report/settings.js";
import { readRun } from "../results/read-run.js";
import { baseOnHub, card, markdownTable } from "./card.js";
import { readTable, tableNames } from "./run-tables.js";
import { parquetOf } from "./tables.js";

/** The Hub's name of a table's configuration, which has no `/`. */
const configName = (table: string): string => table.replaceAll("/", "-");

/** @throws FormatError when the run has no table yet */
export async function writeDataset(run: string, folder: string): Promise<void> {
  const data = await readRun(run);
  const written: { name: string; columns: number; rows: number }[] = [];
  for (const file of await tableNames(run)) {
    const table = await readTable(run, file);
    // A Parquet file has at least one column.
    if (table.columns.length === 0) continue;
    const at = join(folder, "data", `${table.name}.parquet`);
    await mkdir(dirname(at), { recursive: true });
    await writeFileAtomic(at, parquetOf(table));
    written.push({ name: table.name, columns: table.columns.length, rows: table.rows.length });
  }
  if (written.length === 0)
    throw new FormatError(run, "the run has no table with rows yet", { help: "Its first stage writes the first one." });
  const first = written.find(({ name }) => name === "features") ?? written[0];
  const matter = {
    tags: ["rewardscope", "interpretability", "rlhf"],
    base_model: baseOnHub(data),
    configs: written.map(({ name }) => ({
      config_name: configName(name),
      data_files: [{ split: "train", path: `data/${name}.parquet` }],
      ...(name === first.name && { default: true }),
    })),
  };
  const body = [
    "# The tables of a run of rewardscope",
    `Of \`${baseModel(data)}\` and the model tuned from it, by rewardscope ${data.record.versions.rewardscope}. Values within values are columns with a dot in their names; lists are JSON.`,
    `\`\`\`python\nfrom datasets import load_dataset\n\nrows = load_dataset("path/to/this/folder", "${configName(first.name)}", split="train")\n\`\`\``,
    markdownTable(
      ["configuration", "rows", "columns"],
      written.map(({ name, rows, columns }) => [`\`${configName(name)}\``, rows, columns]),
    ),
  ];
  await writeFileAtomic(join(folder, "README.md"), card(matter, body));
}
