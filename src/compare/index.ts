/**
 * Compares models and dictionaries: divergence of layers, and matches of features.
 *
 * @module
 */

export {
  chooseLayers,
  type LayerChoice,
  type LayerDivergence,
  layerDivergence,
  type TensorDivergence,
} from "./layer-divergence.js";
export {
  type DictionaryMatch,
  type Matching,
  type MatchOptions,
  matchDictionaries,
  nearestFeatures,
} from "./match-dictionaries.js";
export { type FoundAgain, type SeedPair, type SeedStability, seedStability } from "./seed-stability.js";
