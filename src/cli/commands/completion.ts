/** `rewardscope completion`: prints a script that lets a shell complete command lines. */
import { presets } from "../../config/presets.js";
import { ConfigError } from "../../errors.js";
import { presetSets } from "../../pipeline/sweep/preset-sets.js";
import { show } from "../../settings/issues.js";
import { nearest } from "../../settings/nearest.js";
import type { Command, CommandEntry } from "../command.js";
import { type CompletableCommand, type Shell, shells } from "../completion/scripts.js";

const names = Object.keys(shells);

/** Options of every command. */
const everywhere = [
  { flag: "--json", description: "answer with JSON" },
  { flag: "--verbose", description: "show where in the program an error arose" },
  { flag: "--help", description: "show what is possible" },
];

/** Possible first arguments of a command, other than files. */
function wordsOf(name: string): string[] {
  if (name === "completion") return names;
  if (name === "presets" || name === "run") return Object.keys({ ...presets, ...presetSets });
  return name === "sample" || name === "verify-model" ? ["embedded"] : [];
}

async function completable(commands: readonly CommandEntry[]): Promise<CompletableCommand[]> {
  return Promise.all(
    commands.map(async ({ name, summary, load }) => {
      const { command } = await load();
      const own = command.options.flatMap(({ flags, description }) => {
        // The last name is the current one; earlier ones are only accepted.
        const flag = flags.match(/--[\w-]+/g)?.at(-1);
        return flag ? [{ flag, description }] : [];
      });
      return { name, summary, options: [...own, ...everywhere], words: wordsOf(name) };
    }),
  );
}

export const command: Command = {
  arguments: [{ syntax: "<shell>", description: names.join(", ") }],
  options: [],
  example: 'eval "$(rewardscope completion bash)"',
  async run([shell = ""], _options, { json, print, commands }) {
    if (!Object.hasOwn(shells, shell)) {
      const issue = { path: "<shell>", expected: `one of ${names.join(", ")}`, received: show(shell) };
      throw new ConfigError("rewardscope completion", [{ ...issue, nearest: nearest(shell, names) }]);
    }
    const script = shells[shell as Shell]({ commands: await completable(commands) });
    print(json ? JSON.stringify({ shell, script }, null, 2) : script.trimEnd());
  },
};
