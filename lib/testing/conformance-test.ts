import type { Driver } from '../drivers/driver.js';
import type { ContentRecord } from '../record/content-record.js';

/** One test of the kit. */
export type ConformanceTest<D extends Driver> = readonly [
  name: string,
  test: (tools: ConformanceTools<D>) => void | Promise<void>,
];

/** What a test of the kit uses to make drivers. */
export interface ConformanceTools<D extends Driver = Driver> {
  /** Makes a driver, not yet opened. */
  readonly create: () => Promise<D>;
  /**
   * Makes and opens a driver. `record` is what is to be kept with its partial content; empty by
   * default.
   */
  readonly open: (record?: ContentRecord) => Promise<D>;
  /**
   * Makes a driver over what the closed driver `previous` has kept; for drivers that keep content.
   */
  readonly reopen: ((previous: D) => Promise<D>) | undefined;
}
