/** Comparing models and dictionaries: which layers tuning moved, which features two dictionaries share. */
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
