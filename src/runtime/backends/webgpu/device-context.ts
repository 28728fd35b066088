import type { OrtApi } from "../c-api/ort-api.js";

/** What a device's sessions share, as long as the process lives. */
export interface DeviceContext {
  readonly api: OrtApi;
  readonly environment: bigint;
  readonly cpuMemory: bigint;
  readonly deviceMemory: bigint;
  readonly allocator: bigint;
  /** Threads of what a session computes on the CPU; 0: as many as the library thinks fit. */
  readonly threads: number;
}
