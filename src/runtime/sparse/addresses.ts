/** Addresses in the kernel, in bytes. */
import { type Code, i32, type Local } from "../wasm/assembler.js";

/** The size of so many elements. */
export const bytes = (count: Code): Code => i32.shiftLeft(count, i32.const(2));
export const advanced = (address: Local, offset: Code): Code => i32.add(address.get, offset);
/** The largest multiple of a power of two that is not above the value. */
export const downTo = (value: Code, multiple: number): Code => i32.and(value, i32.const(-multiple));
