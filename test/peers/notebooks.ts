/** The notebooks of examples/, executed on a small run. They compare their numbers with results.json themselves. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pythonOf, runProgram } from "./environments.js";
import type { Row } from "./table.js";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "examples/notebooks");

/** One row per notebook: 1 where it makes no figure. A cell that fails ends the program with what it said. */
export async function executeNotebooks(work: string, log: (line: string) => void): Promise<Row[]> {
  log("a small run for the notebooks");
  const run = join(work, "run");
  const settings = join(root, "test/support/tiny.yaml");
  await runProgram(process.execPath, ["--import", "tsx", join(root, "src/cli/main.ts"), "run", settings, "--out", run]);
  const rows: Row[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".ipynb"))) {
    log(`notebook ${name}`);
    const python = await pythonOf("notebook", log);
    const output = await runProgram(python, [join(import.meta.dirname, "run_notebook.py"), join(folder, name), run]);
    const { figures } = JSON.parse(output.trim().split("\n").at(-1)!) as { figures: number };
    const check = `notebook ${name}: without a figure`;
    rows.push({ check, peer: "pandas, SciPy, Matplotlib", worst: figures > 0 ? 0 : 1, bound: 0 });
  }
  return rows;
}
