/** One line of the table: what is measured, against what, and what it may cost. */
export interface Row {
  readonly id: string;
  readonly what: string;
  /** What the figure is compared with; undefined where the budget is an absolute one. */
  readonly against?: string;
  readonly unit: Unit;
  /**
   * The largest ratio, or without `against` the largest figure; undefined: a comparison without
   * one.
   */
  readonly budget?: number;
  /** What kithara-storage took, compiled Rust, as released (0.0.1-alpha2, 2026-05-28). */
  readonly alpha2?: string;
  /** The same, as its repository was on 2026-08-22. */
  readonly head?: string;
  /** For its process. */
  readonly flags?: readonly string[];
  /** The program it compares with: the row is left out where that is not installed. */
  readonly needs?: string;
  readonly measure: (setting: Setting) => Promise<Measurement>;
}

/** Of figures. */
export type Unit = 'ns' | 'bytes' | 'bytes a call';

/** How thoroughly to measure, and where. */
export interface Setting {
  readonly quick: boolean;
  /** Times that both sides are measured, in turns. */
  readonly rounds: number;
  /** Processor time for one side in one round, in milliseconds. */
  readonly ms: number;
  /** An empty folder, removed afterwards. */
  readonly folder: string;
}

/** Medians over the rounds; `ratio` is the median of the rounds' ratios. */
export interface Measurement {
  readonly figure: number;
  readonly reference?: number;
  readonly ratio?: number;
}

/** One of two things that are compared. */
export interface Side {
  /** A call, or `ops` of them at once; with what `setup` made. */
  readonly run: (prepared: never) => unknown;
  readonly ops?: number;
  /** Called before every `run`, outside of the clock. */
  readonly setup?: () => unknown;
  /** Called before every round. */
  readonly before?: () => void | Promise<void>;
  /** `run` is called so often in a round, at most. */
  readonly most?: number;
  /** Called after every round; throws if what `run` has done or answered was wrong. */
  readonly verify?: () => void | Promise<void>;
}

/** A row with what was measured, as `--json` prints it. */
export interface Result extends Omit<Row, 'measure' | 'flags' | 'needs'>, Measurement {
  /** Undefined where there is no budget. */
  readonly met?: boolean;
}
