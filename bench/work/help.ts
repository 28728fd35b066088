/** `rewardscope --help`, from the start of the process to its end. */
import { spawnSync } from "node:child_process";
import { serve } from "../worker.js";

await serve(async () => {
  const { status } = spawnSync(process.execPath, ["dist/cli/main.js", "--help"]);
  if (status !== 0) throw new Error("run `npm run build` first");
});
