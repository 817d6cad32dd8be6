import type { StoreBackend } from '../../store/backend.js';

/** One test of the kit. */
export type StoreTest = readonly [name: string, test: (tools: StoreTools) => Promise<void>];

/** What a test of the kit uses to make backends. */
export interface StoreTools {
  /** Makes a backend, not yet opened. */
  readonly create: () => StoreBackend;
  /** Makes a backend over what the closed backend `previous` has kept. */
  readonly reopen: (previous: StoreBackend) => StoreBackend;
}
