import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import type { StoreBackend } from '../store/backend.js';
import { backendTests } from './store/backend-tests.js';
import type { StoreTest, StoreTools } from './store/store-test.js';
import { storeTests } from './store/store-tests.js';
import type { ConformanceRunner } from './driver-conformance.js';

/** What the kit needs to know about the backend under test. */
export interface StoreHarness<B extends StoreBackend = StoreBackend> {
  /** Names the backend in the names of the tests. */
  readonly name: string;
  /** Makes a backend that has nothing; the test opens it. */
  readonly create: () => B;
  /**
   * Makes a backend over what the closed `previous` has kept, in the same start of the machine.
   * `@default` the same backend is opened again
   */
  readonly reopen?: (previous: B) => B;
  /** Cleans up after a test; called once for each backend that was made, open or not. */
  readonly dispose?: (backend: B) => void | Promise<void>;
}

/**
 * Defines the tests that every backend of a store must pass: by itself, and under a store.
 *
 * Its drivers are tested by `driverConformance`. The kit imports no test runner.
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { memoryBackend } from 'tidemark/store';
 * import { storeConformance } from 'tidemark/testing';
 *
 * storeConformance({ describe, it }, { name: 'memoryBackend', create: () => memoryBackend() });
 * ```
 */
export function storeConformance<B extends StoreBackend>(runner: ConformanceRunner, harness: StoreHarness<B>): void {
  const given = runner as Partial<ConformanceRunner> | undefined;
  if (typeof given?.describe !== 'function' || typeof given.it !== 'function') {
    throw wrongType('runner', 'the functions describe and it of a test runner', runner);
  }
  checkHarness(harness);
  runner.describe(`store conformance: ${harness.name}`, () => {
    const groups: Record<string, readonly StoreTest[]> = { backend: backendTests, 'under a store': storeTests };
    for (const [group, tests] of Object.entries(groups)) {
      for (const [name, test] of tests) {
        runner.it(`${group}: ${name}`, async () => {
          const made: B[] = [];
          try {
            await test(toolsFor(harness, made));
          } finally {
            for (const backend of made) await harness.dispose?.(backend);
          }
        });
      }
    }
  });
}

function checkHarness<B extends StoreBackend>(harness: StoreHarness<B>): void {
  const given = harness as Partial<StoreHarness<B>> | undefined;
  if (typeof given?.name !== 'string' || typeof given.create !== 'function') {
    throw wrongType('harness', 'an object with name and create()', harness);
  }
  checkOptionNames(harness, ['name', 'create', 'reopen', 'dispose']);
}

function toolsFor<B extends StoreBackend>(harness: StoreHarness<B>, made: B[]): StoreTools {
  const keep = (backend: B): B => {
    if (!made.includes(backend)) made.push(backend);
    return backend;
  };
  return {
    create: () => keep(harness.create()),
    reopen: (previous) => keep(harness.reopen?.(previous as B) ?? (previous as B)),
  };
}
