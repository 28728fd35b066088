/** The stage `dictionaries` where autoencoders are given: they are copied, and measured in both models. */
import type { Config } from "../../config/config.js";
import { givenDictionaries } from "../../config/given-dictionaries.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { DictionariesResults, SharedQuality } from "../../results/results.js";
import { type Autoencoder, measureQuality, saveAutoencoder } from "../../sae/index.js";
import { dictionaryTexts, QUALITY_TEXTS } from "../inputs/dictionary-texts.js";
import { loadNamed } from "../inputs/given-dictionaries.js";
import { loadRole, loadRunTokenizer, modelRoles } from "../inputs/models.js";
import type { StageContext } from "../run/stage.js";
import { dictionaryFolder, sharedDictionaryFolder } from "./files/dictionary-files.js";

type Measured = DictionariesResults["dictionaries"];

/** Whether the given small dictionaries are those that both models share. */
const areShared = ({ dictionaries: { from, shared } }: Config): boolean => shared && from?.tuned === undefined;

/**
 * Writes the given dictionaries into the run, as if it had trained them, so that later stages and
 * exports need nothing else. One that serves both models is measured in each; the small ones are
 * then also the dictionaries that both share.
 */
export async function takeDictionaries(context: StageContext): Promise<void> {
  const { config, folder, scratch, progress, signal, log, writeResults } = context;
  const tokenizer = await loadRunTokenizer(config, folder);
  const texts = (await dictionaryTexts(config, tokenizer, signal)).heldOut.slice(0, QUALITY_TEXTS);
  const { maxTokens } = config.dictionaries;
  const dictionaries: Measured = [];
  const shared: SharedQuality[] = [];
  const given = givenDictionaries(config);
  progress.start(given.length, "autoencoders");
  for (const role of modelRoles) {
    const own = given.filter(({ model }) => model === role);
    const autoencoders: Autoencoder[] = [];
    for (const named of own) {
      signal.throwIfAborted();
      const autoencoder = await loadNamed(named);
      const { layer, size } = named;
      await saveAutoencoder(autoencoder, dictionaryFolder(scratch, role, layer, size));
      if (areShared(config) && role === "base" && size === "small")
        await saveAutoencoder(autoencoder, sharedDictionaryFolder(scratch, layer));
      autoencoders.push(autoencoder);
    }
    const model: CausalLm = await loadRole(config, folder, role);
    const quality = await measureQuality(model, autoencoders, texts, { maxTokens, signal });
    await model.dispose();
    for (const [i, figures] of quality.entries()) {
      const { size, setting, folder: from } = own[i];
      if (figures.explainedVariance <= 0)
        log(
          `warning: ${setting} (${from}) reconstructs the ${role} model's MLP outputs of layer ${figures.layer} worse than their mean does: is it of this model and layer?`,
        );
      dictionaries.push({ model: role, size, ...figures });
      if (areShared(config) && size === "small") shared.push({ model: role, ...figures });
    }
    progress.update(dictionaries.length);
  }
  progress.end();
  await writeResults("dictionaries", {
    tokenVisits: 0,
    given: given.map(({ model, size, layer, folder: from }) => ({ model, size, layer, from })),
    dictionaries,
    ...(shared.length > 0 && { shared }),
    curves: [],
  });
}
