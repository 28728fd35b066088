/** Numbers that settings are, as schemas of their own, to which a default and a description are added. */
import { z } from "zod";

/** A whole number of at least 1. */
export const count = () => z.int().positive();
/** A number above 0. */
export const amount = () => z.number().positive();
/** A number of at least 0. */
export const orZero = () => z.number().nonnegative();
/** A number from 0 to 1. */
export const share = () => z.number().min(0).max(1);
