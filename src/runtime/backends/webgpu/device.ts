/**
 * A GPU by the WebGPU provider of ONNX Runtime: its sessions, and tensors in its memory. Everything else in
 * this folder is built on it.
 */
import { encodeOnnx } from "../../../onnx/encode.js";
import { elementCount, type FloatTensor, type Tensor, type TensorArray } from "../../tensor.js";
import type { OrtApi } from "../c-api/ort-api.js";
import { readDims, readValue, valueOn } from "../c-api/tensor-values.js";
import type { DeviceContext } from "./device-context.js";
import { copyGraph } from "./device-graphs.js";
import { DeviceSession } from "./device-session.js";

/** OrtLoggingLevel: fatal alone, since what fails is thrown with its message. */
const FATAL = 4;
/** OrtDeviceAllocator, OrtMemTypeDefault, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT */
const [DEVICE_ALLOCATOR, DEFAULT_MEMORY, FLOAT] = [0, 0, 1];
/** The name by which the provider knows its memory. */
const DEVICE_MEMORY = "WebGPU_Buf";

/** Float values in the device's memory. Whoever holds one frees it with `Device.free`. */
export interface DeviceTensor {
  readonly dims: readonly number[];
  /** The OrtValue. */
  readonly value: bigint;
}

export class Device {
  /** The arrays that values lie on: a run takes place in another thread, and nothing else need hold them until it ends. */
  private readonly arrays = new Map<bigint, TensorArray>();

  private constructor(
    readonly context: DeviceContext,
    /** Its allocator outlives all tensors. */
    private readonly copies: DeviceSession,
    private readonly allocator: bigint,
  ) {}

  /**
   * Opens the device and copies three numbers there and back.
   * @throws Error when there is none that works, with the provider's message
   */
  static async open(api: OrtApi, threads = 0): Promise<Device> {
    const context: DeviceContext = {
      api,
      environment: api.make("CreateEnv", FATAL, "rewardscope"),
      cpuMemory: api.make("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY),
      deviceMemory: api.make("CreateMemoryInfo", DEVICE_MEMORY, DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY),
      allocator: api.make("GetAllocatorWithDefaultOptions"),
      threads,
    };
    const copies = DeviceSession.create(context, encodeOnnx(copyGraph()), { cpuFallback: false });
    const device = new Device(context, copies, copies.deviceAllocator());
    const sent = await device.upload({ dims: [3], data: Float32Array.of(1, -2, 0.5) });
    const received = await device.download(sent);
    device.free(sent);
    if (received.join() !== "1,-2,0.5") throw new Error(`the device gives ${received.join()} for 1,-2,0.5`);
    return device;
  }

  /** @throws Error when ONNX Runtime rejects the model */
  createSession(bytes: Uint8Array, options?: { cpuFallback: boolean }): DeviceSession {
    return DeviceSession.create(this.context, bytes, options);
  }

  /** A tensor whose values are not set. */
  allocate(dims: readonly number[]): DeviceTensor {
    const shape = BigInt64Array.from(dims, BigInt);
    const value = this.context.api.make("CreateTensorAsOrtValue", this.allocator, shape, dims.length, FLOAT);
    return { dims, value };
  }

  /** Another tensor on the first elements of this one's memory, which lives no longer than this one. */
  view({ value }: DeviceTensor, dims: readonly number[]): DeviceTensor {
    const { api, deviceMemory } = this.context;
    const memory = api.make("GetTensorMutableData", value);
    const shape = BigInt64Array.from(dims, BigInt);
    const bytes = 4 * elementCount(dims);
    const rank = dims.length;
    return {
      dims,
      value: api.make("CreateTensorWithDataAsOrtValue", deviceMemory, memory, bytes, shape, rank, FLOAT),
    };
  }

  /** Another value on the memory of one of the device's, as a matrix [.., last axis]. */
  matrix(value: bigint): bigint {
    const dims = readDims(this.context.api, value);
    const width = dims[dims.length - 1];
    return this.view({ dims, value }, [elementCount(dims.slice(0, -1)), width]).value;
  }

  /** A value on the array's memory, in the CPU's memory. Free it; until then it keeps the array alive. */
  wrap(tensor: Tensor): bigint {
    const value = valueOn(this.context.api, this.context.cpuMemory, tensor);
    this.arrays.set(value, tensor.data);
    return value;
  }

  /** The tensor of a value in the CPU's memory. */
  unwrap(value: bigint): Tensor {
    return readValue(this.context.api, value);
  }

  async upload({ dims, data }: FloatTensor, place = this.allocate(dims)): Promise<DeviceTensor> {
    const flat = [data.length];
    await this.move(this.wrap({ dims: flat, data }), this.view(place, flat).value);
    return place;
  }

  async download(tensor: DeviceTensor): Promise<Float32Array> {
    const flat = [elementCount(tensor.dims)];
    const data = new Float32Array(flat[0]);
    await this.move(this.view(tensor, flat).value, this.wrap({ dims: flat, data }));
    return data;
  }

  /** Copies all values of a tensor into another one of as many. */
  copy(from: DeviceTensor, to: DeviceTensor): Promise<void> {
    const flat = [elementCount(from.dims)];
    return this.move(this.view(from, flat).value, this.view(to, flat).value);
  }

  /** Copies the elements of one value [n] into another, on the device or not, and frees both values. */
  private async move(x: bigint, y: bigint): Promise<void> {
    try {
      await this.copies.run({ x }, { y });
    } finally {
      this.freeValues([x, y]);
    }
  }

  free(...tensors: readonly DeviceTensor[]): void {
    this.freeValues(tensors.map(({ value }) => value));
  }

  freeValues(values: readonly bigint[]): void {
    for (const value of values) {
      this.context.api.release("ReleaseValue", value);
      this.arrays.delete(value);
    }
  }

  close(): void {
    this.context.api.release("ReleaseAllocator", this.allocator);
    this.copies.release();
  }
}
