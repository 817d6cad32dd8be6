import type { ContentRecord, Driver } from '../drivers/driver.js';

/** One test of the kit. */
export type ConformanceTest<D extends Driver> = readonly [
  name: string,
  test: (tools: ConformanceTools<D>) => void | Promise<void>,
];

/** What a test of the kit works with. */
export interface ConformanceTools<D extends Driver = Driver> {
  /** Makes a driver, not yet opened. */
  readonly create: () => D;
  /** Makes and opens a driver; `record` is what its partial content is to be kept with, nothing by default. */
  readonly open: (record?: ContentRecord) => D;
  /** Makes a driver over what `previous`, which is closed, has left; for drivers that keep content. */
  readonly reopen: ((previous: D) => D) | undefined;
}
