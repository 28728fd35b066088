/**
 * The used functions of ONNX Runtime's C API: their indices in the struct OrtApi of
 * onnxruntime_c_api.h, which new versions only extend at the end, and their signatures.
 */

/** A pointer, or the memory of an array; null is the null pointer. */
export type Address = bigint | NodeJS.ArrayBufferView | null;
export type Argument = Address | number | string | readonly string[];

/** Functions that return a status, which is null unless they failed. */
export const statusFunctions = {
  CreateStatus: [0, ["int", "str"]],
  CreateEnv: [3, ["int", "str", "void *"]],
  CreateSessionFromArray: [8, ["void *", "void *", "size_t", "void *", "void *"]],
  Run: [9, ["void *", "void *", "void *", "void *", "size_t", "void *", "size_t", "void *"]],
  CreateSessionOptions: [10, ["void *"]],
  SetSessionLogSeverityLevel: [22, ["void *", "int"]],
  SetIntraOpNumThreads: [24, ["void *", "int"]],
  SessionGetInputCount: [30, ["void *", "void *"]],
  SessionGetOutputCount: [31, ["void *", "void *"]],
  SessionGetInputName: [36, ["void *", "size_t", "void *", "void *"]],
  SessionGetOutputName: [37, ["void *", "size_t", "void *", "void *"]],
  CreateRunOptions: [39, ["void *"]],
  RunOptionsSetTerminate: [46, ["void *"]],
  CreateTensorAsOrtValue: [48, ["void *", "void *", "size_t", "int", "void *"]],
  CreateTensorWithDataAsOrtValue: [49, ["void *", "void *", "size_t", "void *", "size_t", "int", "void *"]],
  GetTensorMutableData: [51, ["void *", "void *"]],
  GetTensorElementType: [60, ["void *", "void *"]],
  GetDimensionsCount: [61, ["void *", "void *"]],
  GetDimensions: [62, ["void *", "void *", "size_t"]],
  GetTensorTypeAndShape: [65, ["void *", "void *"]],
  CreateMemoryInfo: [68, ["str", "int", "int", "int", "void *"]],
  CreateCpuMemoryInfo: [69, ["int", "int", "void *"]],
  AllocatorFree: [76, ["void *", "void *"]],
  GetAllocatorWithDefaultOptions: [78, ["void *"]],
  AddSessionConfigEntry: [130, ["void *", "str", "str"]],
  CreateAllocator: [131, ["void *", "void *", "void *"]],
  RunWithBinding: [133, ["void *", "void *", "void *"]],
  CreateIoBinding: [134, ["void *", "void *"]],
  BindInput: [136, ["void *", "str", "void *"]],
  BindOutput: [137, ["void *", "str", "void *"]],
  BindOutputToDevice: [138, ["void *", "str", "void *"]],
  GetBoundOutputValues: [140, ["void *", "void *", "void *", "void *"]],
  CreateAndRegisterAllocator: [144, ["void *", "void *", "void *"]],
  CreateArenaCfg: [156, ["size_t", "int", "int", "int", "void *"]],
  AddExternalInitializers: [210, ["void *", "str *", "void *", "size_t"]],
  SessionOptionsAppendExecutionProvider: [216, ["void *", "str", "void *", "void *", "size_t"]],
} as const satisfies Record<string, readonly [place: number, parameters: readonly string[]]>;

/** Functions that free an object. */
export const releaseFunctions = {
  ReleaseEnv: 92,
  ReleaseStatus: 93,
  ReleaseMemoryInfo: 94,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseRunOptions: 97,
  ReleaseTensorTypeAndShapeInfo: 99,
  ReleaseSessionOptions: 100,
  ReleaseAllocator: 132,
  ReleaseIoBinding: 135,
  ReleaseArenaCfg: 157,
} as const;

/**
 * `const char *GetErrorMessage(const OrtStatus *)`, `OrtErrorCode GetErrorCode(const OrtStatus *)`
 */
export const GET_ERROR_CODE = 1;
export const GET_ERROR_MESSAGE = 2;

export type StatusFunction = keyof typeof statusFunctions;
export type ReleaseFunction = keyof typeof releaseFunctions;

/** Number of pointers to read from the struct: up to the last used one. */
export const TABLE_LENGTH =
  1 + Math.max(...Object.values(statusFunctions).map(([place]) => place), ...Object.values(releaseFunctions));
