/**
 * Sparse autoencoders of MLP outputs: activation stream, training, quality, folders of other tools.
 *
 * @module
 */

export type { DictionaryKind, KindSettings } from "../dictionary/kind.js";
export {
  type ActivationBatch,
  type ActivationStream,
  type ActivationStreamOptions,
  streamActivations,
} from "./activation-stream.js";
export { Autoencoder, type AutoencoderOrigin } from "./autoencoder.js";
export { loadGivenDictionary, resolveDictionary } from "./given/given-dictionary.js";
export type { ReconstructionLoss, StepLosses } from "./layer-trainer.js";
export { type AutoencoderQuality, type MeasureQualityOptions, measureQuality } from "./quality.js";
export { loadAutoencoder, saveAutoencoder } from "./saelens-folder.js";
export {
  figuresOf,
  measureTexts,
  type TextFigures,
  type TextReconstruction,
  type TextSums,
} from "./text-reconstruction.js";
export {
  type AutoencoderSpec,
  type AutoencoderStep,
  type FirstDirections,
  type TrainAutoencodersOptions,
  type TrainedAutoencoders,
  trainAutoencoders,
} from "./train-autoencoders.js";
export type { TrainingCurve } from "./training-curve.js";
export type { TrainingSchedule } from "./training-schedule.js";
