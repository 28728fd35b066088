/** Builds `dist` before the tests that start the program, so that they run the sources as they stand. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

export default function build(): void {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: resolve(import.meta.dirname, "../.."), stdio: "inherit" });
}
