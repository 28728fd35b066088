/** The explainer that a configuration names. */
import { type Explainer, ruleExplainer } from "../interpret/index.js";
import type { Tokenizer } from "../model/language-model.js";
import { givenLexicon } from "./models.js";
import type { StageContext } from "./stage.js";

export function configuredExplainer({ config, rng }: StageContext, tokenizer: Tokenizer): Explainer {
  return ruleExplainer({
    lexicon: givenLexicon(config),
    tokenText: (id) => tokenizer.tokenText(id),
    fdr: config.explainer.fdr,
    permutations: config.explainer.permutations,
    rng: rng("explainer"),
  });
}
