import { wrongType } from '../errors/invalid-argument.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import type { Driver } from '../drivers/driver.js';
import type { ContentRecord } from '../record/content-record.js';
import { checkDriver } from '../resource/checks.js';
import { attachmentTests } from './attachment-tests.js';
import { bytesTests } from './bytes-tests.js';
import type { ConformanceTest, ConformanceTools } from './conformance-test.js';
import { evictionTests } from './eviction-tests.js';
import { lifeTests } from './life-tests.js';
import { resourceTests } from './resource-tests.js';
import { roomTests } from './room-tests.js';

const NOTHING: ContentRecord = { coverage: [], expectedLength: undefined, identity: undefined };

/**
 * The functions of a test runner that the kit needs: jest's, vitest's, mocha's or `node:test`'s
 * will do.
 */
export interface ConformanceRunner {
  /** Groups tests. */
  readonly describe: (name: string, define: () => void) => void;
  /** Defines a test, which fails by throwing or rejecting. */
  readonly it: (name: string, test: () => void | Promise<void>) => void;
}

/** What the kit needs to know about the driver under test. */
export interface ConformanceHarness<D extends Driver = Driver> {
  /** Names the driver in the names of the tests. */
  readonly name: string;
  /** Makes a driver without content; the test opens it. */
  readonly create: () => D | Promise<D>;
  /** For drivers that keep content: makes one over what the closed driver `previous` has kept. */
  readonly reopen?: (previous: D) => D | Promise<D>;
  /** Cleans up after a test; called once for each driver that was made, closed or not. */
  readonly dispose?: (driver: D) => void | Promise<void>;
}

/**
 * Defines the tests that every driver must pass.
 *
 * A capability that the driver does not declare (`rewrites`, `view`, `share`, `reactivates`,
 * `evicts`) is not tested. One that it declares without the method for it is refused. A driver with
 * `makeRoom` is to have room for 1 MiB, and for 50 MB at the most. The kit imports no test runner.
 * Where `create` is asynchronous, await what it returns, where tests are defined.
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { MemDriver } from 'tidemark';
 * import { driverConformance } from 'tidemark/testing';
 *
 * driverConformance({ describe, it }, { name: 'MemDriver', create: () => new MemDriver() });
 * ```
 */
export function driverConformance<D extends Driver>(
  runner: ConformanceRunner,
  harness: ConformanceHarness<D> & { readonly create: () => D },
): void;
export function driverConformance<D extends Driver>(
  runner: ConformanceRunner,
  harness: ConformanceHarness<D>,
): Promise<void>;
export function driverConformance<D extends Driver>(
  runner: ConformanceRunner,
  harness: ConformanceHarness<D>,
): Promise<void> | undefined {
  const given = runner as Partial<ConformanceRunner> | undefined;
  if (typeof given?.describe !== 'function' || typeof given.it !== 'function') {
    throw wrongType('runner', 'the functions describe and it of a test runner', runner);
  }
  checkHarness(harness);
  const probe = harness.create();
  if (probe instanceof Promise) {
    return probe.then(async (driver) => {
      defineTests(runner, harness, driver);
      await harness.dispose?.(driver);
    });
  }
  defineTests(runner, harness, probe);
  void harness.dispose?.(probe);
  return undefined;
}

/** Defines the tests of what a driver can do that was made for it. */
function defineTests<D extends Driver>(runner: ConformanceRunner, harness: ConformanceHarness<D>, probe: D): void {
  checkDriver(probe);
  checkEviction(probe);
  const { capabilities } = probe;
  const keeps = harness.reopen !== undefined;
  runner.describe(`driver conformance: ${harness.name}`, () => {
    const groups: Record<string, readonly ConformanceTest<D>[]> = {
      bytes: bytesTests<D>(capabilities),
      life: lifeTests<D>(capabilities, keeps),
      'other threads': capabilities.share ? attachmentTests<D>() : [],
      eviction: capabilities.evicts === true ? evictionTests<D>(capabilities) : [],
      room: probe.makeRoom === undefined ? [] : roomTests<D>(),
      'under a resource': resourceTests<D>(capabilities, keeps),
    };
    for (const [group, tests] of Object.entries(groups)) {
      for (const [name, test] of tests) {
        runner.it(`${group}: ${name}`, async () => {
          const made: D[] = [];
          try {
            await test(toolsFor(harness, made));
          } finally {
            for (const driver of made) await harness.dispose?.(driver);
          }
        });
      }
    }
  });
}

/** No test would notice: a resource does without a method that is not there. */
function checkEviction(driver: Driver): void {
  const { evicts = false } = driver.capabilities;
  if (evicts && driver.evict === undefined) {
    throw wrongType('evict', 'a method of a driver that declares `evicts`', undefined);
  }
  if (!evicts && driver.makeRoom !== undefined) {
    throw wrongType('capabilities.evicts', 'true for a driver that has makeRoom()', evicts);
  }
}

function checkHarness<D extends Driver>(harness: ConformanceHarness<D>): void {
  const given = harness as Partial<ConformanceHarness<D>> | undefined;
  if (typeof given?.name !== 'string' || typeof given.create !== 'function') {
    throw wrongType('harness', 'an object with name and create()', harness);
  }
  checkOptionNames(harness, ['name', 'create', 'reopen', 'dispose']);
  const { reopen, dispose } = harness;
  for (const [name, value] of Object.entries({ reopen, dispose })) {
    if (value !== undefined && typeof value !== 'function') throw wrongType(name, 'a function', value);
  }
}

function toolsFor<D extends Driver>(harness: ConformanceHarness<D>, made: D[]): ConformanceTools<D> {
  const keep = (driver: D): D => {
    made.push(driver);
    return driver;
  };
  const create = async (): Promise<D> => keep(await harness.create());
  return {
    create,
    async open(record = NOTHING) {
      const driver = await create();
      driver.open(() => record);
      return driver;
    },
    reopen:
      harness.reopen === undefined
        ? undefined
        : async (previous) => keep((await harness.reopen?.(previous)) ?? previous),
  };
}
