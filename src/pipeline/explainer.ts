/** The explainer that a configuration names. */
import { type Explainer, ruleExplainer } from "../interpret/index.js";
import type { Tokenizer } from "../model/language-model.js";
import { loadLexicon } from "../text/lexicon.js";
import type { StageContext } from "./stage.js";

export function configuredExplainer({ config, rng }: StageContext, tokenizer: Tokenizer): Explainer {
  return ruleExplainer({
    lexicon: loadLexicon(),
    tokenText: (id) => tokenizer.tokenText(id),
    fdr: config.explainer.fdr,
    permutations: config.explainer.permutations,
    rng: rng("explainer"),
  });
}
