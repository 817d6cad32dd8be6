import type { Setting } from './row.js';

/** How a cost grows: one picture, with a line for each series. */
export interface Curve {
  readonly id: string;
  readonly title: string;
  /** What grows. */
  readonly x: string;
  /** What it costs, with its unit. */
  readonly y: string;
  /** Whether costs are drawn by their powers of ten. */
  readonly logarithmic?: boolean;
  readonly measure: (setting: Setting) => Promise<Measured>;
}

/** The points of a curve: `values[i]` of a series belongs to `xs[i]`. */
export interface Measured {
  readonly xs: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** A curve with its points, as it is kept in `docs/performance/curves.json`. */
export type CurveResult = Omit<Curve, 'measure'> & Measured;
