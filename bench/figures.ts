/**
 * What the bench finds out, and what was aimed at.
 */

/** One figure of a workload, measured several times. */
export interface Figure {
  /** The workload's letter. */
  readonly workload: string;
  readonly name: string;
  readonly unit: string;
  /** One for each round, rounded to what the clock is worth. */
  readonly values: readonly number[];
  readonly aim?: { readonly sign: "≤" | "≥"; readonly value: number };
}

/** @returns the middle of the values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** @returns the number with three digits that count */
export function three(value: number): number {
  return Number(value.toPrecision(3));
}
