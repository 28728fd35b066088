/** Dictionaries that sae-lens and dictionary_learning make anew, other ones than those recorded, opened by us. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openGiven } from "../support/open-given.js";
import { differenceOfNumbers } from "./compare-records.js";
import { pythonOf, runProgram } from "./environments.js";
import { golden } from "./records.js";
import type { Row } from "./table.js";

const SEED = 21;
/** As the script names it in every folder. */
const LAYER = 3;

/** One row per folder: the worst difference of codes and reconstructions. */
export async function openGivenDictionaries(work: string, log: (line: string) => void): Promise<Row[]> {
  log("given dictionaries");
  const folder = join(work, "given");
  const script = join(golden, "dictionaries/record.py");
  await runProgram(await pythonOf("formats", log), [script, folder, `${SEED}`]);
  const rows: Row[] = [];
  for (const peer of ["saelens", "dictionary_learning"])
    for (const name of (await readdir(join(folder, peer))).sort()) {
      const { codes, reconstruction } = await openGiven(join(folder, peer, name), LAYER);
      const worst = [codes, reconstruction].map(({ own, expected }) => differenceOfNumbers(own, expected));
      rows.push({ check: `given dictionary ${name}`, peer, worst: Math.max(...worst), bound: 1e-5 });
    }
  return rows;
}
