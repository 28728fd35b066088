/** `rewardscope reward`: prints the reward of a text, word by word. */

import { scoreWords, vaderReward } from "../../reward/vader.js";
import { loadLexicon } from "../../text/lexicon.js";
import type { Command } from "../command.js";

export const command: Command = {
  arguments: [{ syntax: "<text>", description: "the text to reward" }],
  options: [],
  example: 'rewardscope reward "A dull plot, but what a wonderful cast!"',
  async run([text = ""], _options, { json, print }) {
    const lexicon = loadLexicon();
    const words = scoreWords(text, lexicon);
    const [reward] = await vaderReward({ lexicon })([text]);
    if (json) return print(JSON.stringify({ text, reward, words }, null, 2));
    const scored = words.filter(({ valence }) => valence !== 0);
    for (const { word, valence } of scored) print(`${valence > 0 ? "+" : "-"}${Math.abs(valence).toFixed(1)}  ${word}`);
    if (scored.length === 0) print("no word is in the sentiment lexicon");
    print(
      `reward ${reward.toFixed(2)}: sum of the words' values divided by 5, limited to -10 .. +10 (paper, Equation 3)`,
    );
  },
};
