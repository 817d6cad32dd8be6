import type { Driver, DriverCapabilities } from '../drivers/driver.js';
import { Resource } from '../resource/resource.js';
import { expectBytes, expectSame, pattern, randomNumbers } from './assertions.js';
import type { ConformanceTest } from './conformance-test.js';

const SIZE = 64 * 1024;

/** Tests of the driver under a resource, as apps use it. */
export function resourceTests<D extends Driver>(
  capabilities: DriverCapabilities,
  keeps: boolean,
): readonly ConformanceTest<D>[] {
  const tests: ConformanceTest<D>[] = [
    [
      'stores what arrives out of order, and commits it',
      async ({ create }) => {
        const data = pattern(SIZE, 1);
        const resource = Resource.open(await create(), { expectedLength: SIZE });
        const random = randomNumbers(42);
        while (resource.coveredBytes < SIZE) {
          const start = random(SIZE);
          const gap = resource.nextGap(start) ?? resource.nextGap(0);
          if (gap === undefined) break;
          resource.writeAt(gap.start, data.subarray(gap.start, Math.min(gap.end, gap.start + 1 + random(3000))));
        }
        resource.commit();
        expectBytes(resource.readAll(), data, 'the content');
        if (capabilities.view) expectBytes(resource.view({ start: 5, end: 500 }), data.subarray(5, 500), 'a view');
        resource.close();
      },
    ],
    [
      'reads equal a plain array after random writes',
      async ({ create }) => {
        const resource = Resource.open(await create());
        const oracle = new Uint8Array(SIZE);
        const random = randomNumbers(7);
        const target = new Uint8Array(SIZE);
        for (let step = 0; step < 300; step += 1) {
          const start = random(SIZE - 1);
          const wanted = Math.min(SIZE, start + 1 + random(500));
          const gap = capabilities.rewrites ? { start, end: wanted } : resource.nextGap(start, wanted);
          if (gap !== undefined) {
            const data = pattern(gap.end - gap.start, step);
            oracle.set(data, gap.start);
            resource.writeAt(gap.start, data);
          }
          const from = random(SIZE);
          const length = resource.readAt(from, target.subarray(0, SIZE - from));
          expectBytes(
            target.subarray(0, length),
            oracle.subarray(from, from + length),
            `bytes at ${from}, step ${step}`,
          );
        }
        resource.close();
      },
    ],
    [
      'goes on after reactivation',
      async ({ create }) => {
        const resource = Resource.open(await create());
        resource.writeAt(0, pattern(5000, 1));
        resource.commit();
        resource.reactivate();
        resource.writeAt(5000, pattern(5000, 2));
        resource.commit();
        expectBytes(resource.readAll().subarray(5000), pattern(5000, 2), 'what was added');
        resource.close();
      },
    ],
  ];
  if (keeps) {
    tests.push([
      'a partial content is found again with its coverage, total and identity',
      async ({ create, reopen }) => {
        const driver = await create();
        const first = Resource.open(driver, { expectedLength: SIZE, identity: '"v1"' });
        first.writeAt(100, pattern(5000, 1));
        first.writeAt(50_000, pattern(300, 2));
        first.close();
        const second = Resource.open((await reopen?.(driver)) ?? driver);
        expectSame(second.origin.from, 'partial', 'origin');
        expectSame(
          JSON.stringify(second.coverage.toArray()),
          '[{"start":100,"end":5100},{"start":50000,"end":50300}]',
          'coverage',
        );
        expectSame(second.expectedLength, SIZE, 'expected length');
        expectSame(second.identity, '"v1"', 'identity');
        const target = new Uint8Array(300);
        second.readAt(50_000, target);
        expectBytes(target, pattern(300, 2), 'the bytes');
        second.discard();
      },
    ]);
  }
  return tests;
}
