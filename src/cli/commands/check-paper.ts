/**
 * `rewardscope check-paper`: recomputes the paper's printed numbers from its other printed numbers.
 */
import { checkPaper } from "../../paper/check-paper.js";
import { loadLexicon } from "../../text/lexicon.js";
import type { Command } from "../command.js";

const marks = { agrees: "=", differs: "!", new: "+" };

export const command: Command = {
  arguments: [],
  options: [],
  example: "rewardscope check-paper",
  async run(_args, _options, { json, print }) {
    const checks = checkPaper(loadLexicon());
    if (json) return print(JSON.stringify(checks, null, 2));
    print("= agrees   ! differs   + follows from the printed numbers, but the paper does not mention it");
    for (const { item, printed, recomputed, verdict } of checks) {
      print(`${marks[verdict]} ${item}`);
      print(`    paper: ${printed}`);
      print(`    here:  ${recomputed}`);
    }
  },
};
