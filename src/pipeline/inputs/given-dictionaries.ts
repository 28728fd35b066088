/** The dictionaries of `dictionaries.from`: found, loaded, and compared with the models of the run. */
import type { Config } from "../../config/config.js";
import { givenDictionaries, type NamedDictionary } from "../../config/given-dictionaries.js";
import type { ConfigIssue } from "../../errors.js";
import type { Autoencoder } from "../../sae/autoencoder.js";
import { loadGivenDictionary, resolveDictionary } from "../../sae/given/given-dictionary.js";
import type { ModelFacts, OwnInputs } from "../run/requirements.js";

/**
 * Loads a given dictionary. Files from the Hub were downloaded at the beginning of the run.
 * @throws FormatError when it cannot be used, with the file and the field
 */
export async function loadNamed({ folder, layer }: NamedDictionary): Promise<Autoencoder> {
  return loadGivenDictionary(await resolveDictionary(folder, { offline: true }), layer);
}

/** Every dictionary by its setting; one that serves both models is there once. */
function namedOnce(config: Config): NamedDictionary[] {
  return [...new Map(givenDictionaries(config).map((one) => [one.setting, one])).values()];
}

/** What is wrong with a dictionary for a model of these sizes. @throws as `loadNamed` */
async function problemsOf(named: NamedDictionary, { dModel, nLayers }: ModelFacts): Promise<ConfigIssue[]> {
  const { setting: path, layer } = named;
  if (layer >= nLayers)
    return [{ path, expected: `a layer of the model, from 0 to ${nLayers - 1}`, received: String(layer) }];
  const { dIn } = await loadNamed(named);
  if (dIn === dModel) return [];
  return [
    { path, expected: `a dictionary of ${dModel} dimensions, those of the model`, received: `one of ${dIn} (d_in)` },
  ];
}

/** The given dictionaries as inputs of the stage that takes them. They are read whole. */
export function givenInputs(config: Config): OwnInputs[] {
  return namedOnce(config).map((named) => ({
    path: named.setting,
    expected: "a dictionary of MLP outputs, of SAELens or dictionary_learning",
    look: ({ facts }) => problemsOf(named, facts),
  }));
}
