/** Folders of a run's dictionaries, and their encoders. */
import { join } from "node:path";
import type { Config } from "../../../config/config.js";
import type { LayerEncoder } from "../../../interpret/index.js";
import { type Edit, mlpHookPoint } from "../../../model/language-model.js";
import type { DictionarySize, ModelRole } from "../../../results/results.js";
import { type Autoencoder, loadAutoencoder } from "../../../sae/index.js";

export const dictionarySizes: readonly DictionarySize[] = ["small", "large"];

/** The folder of a dictionary of one model. */
export function dictionaryFolder(runFolder: string, role: ModelRole, layer: number, size: DictionarySize): string {
  return join(runFolder, "dictionaries", role, mlpHookPoint(layer), size);
}

/** The folder of the dictionary that both models share. */
export function sharedDictionaryFolder(runFolder: string, layer: number): string {
  return join(runFolder, "dictionaries", "shared", mlpHookPoint(layer));
}

/**
 * Size of an autoencoder's weights in bytes, in single precision.
 * @param factor features / dModel
 * @param matrices 1 if encoder and decoder are tied, else 2
 */
export function autoencoderBytes(dModel: number, factor: number, matrices: number): number {
  const dSae = Math.round(dModel * factor);
  return 4 * (matrices * dModel * dSae + dModel + dSae);
}

export interface LayerDictionary {
  readonly layer: number;
  readonly dictionary: Autoencoder;
}

/** The small dictionaries of a model, in the order of the layers; features and R refer to them. */
export function loadSmallDictionaries(
  runFolder: string,
  role: ModelRole,
  layers: readonly number[],
): Promise<LayerDictionary[]> {
  return Promise.all(
    layers.map(async (layer) => ({
      layer,
      dictionary: await loadAutoencoder(dictionaryFolder(runFolder, role, layer, "small")),
    })),
  );
}

/**
 * The dictionary of a layer that was trained on base and tuned model together, so that its features
 * mean the same in both (`dictionaries.shared`).
 * @throws FormatError when the run has none, or its folder is damaged
 */
export function loadSharedDictionary(runFolder: string, layer: number): Promise<Autoencoder> {
  return loadAutoencoder(sharedDictionaryFolder(runFolder, layer));
}

/** Those of several layers, in their order. @throws FormatError as `loadSharedDictionary` */
export function loadSharedDictionaries(runFolder: string, layers: readonly number[]): Promise<LayerDictionary[]> {
  return Promise.all(
    layers.map(async (layer) => ({ layer, dictionary: await loadSharedDictionary(runFolder, layer) })),
  );
}

/** The encoders of dictionaries, in the same order. */
export function encodersOf(dictionaries: readonly LayerDictionary[]): LayerEncoder[] {
  return dictionaries.map(({ layer, dictionary }) => ({
    layer,
    dSae: dictionary.dSae,
    encode: (x) => dictionary.encode(x),
  }));
}

/** Edits of the probe's forward passes: the reconstruction of every layer, or none. */
export function probeEdits({ probe }: Config, dictionaries: readonly LayerDictionary[]): Edit[] {
  if (probe.input === "codes") return [];
  return dictionaries.map(({ layer, dictionary }) => ({
    at: mlpHookPoint(layer),
    kind: "replace",
    dictionary,
    features: [],
  }));
}
