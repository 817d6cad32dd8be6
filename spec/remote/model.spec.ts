import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstValueFrom } from 'rxjs';
import { ColdBytes, isStorageError, Resource, type ResourceView, type StorageError } from '../../lib/index.js';
import { ColdDriver } from '../support/cold-driver.js';
import { EvictingDriver } from '../support/evicting-driver.js';
import { FUZZ_RUNS } from '../run/rounds.js';
import { remote, until } from './remote-views.js';

/**
 * A remote view, and the resource itself as the plain one: whatever is done to the resource, once
 * the remote view has been told of it both answer the same. Reads that are made in between end as
 * the resource allows at some moment.
 */

const LENGTH = 64;

type Action =
  | { readonly do: 'write'; readonly start: number; readonly length: number; readonly byte: number }
  | { readonly do: 'evict' | 'read' | 'wait'; readonly start: number; readonly length: number }
  | { readonly do: 'expect'; readonly length: number | undefined }
  | { readonly do: 'commit' | 'reactivate' | 'fail' | 'interrupt' | 'turn' };

const place = { start: fc.nat(LENGTH), length: fc.integer({ min: 1, max: 30 }) };
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), ...place, byte: fc.integer({ min: 1, max: 255 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('evict' as const, 'read' as const, 'wait' as const), ...place }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('expect' as const), length: fc.option(fc.nat(LENGTH), { nil: undefined }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'commit' as const,
        'reactivate' as const,
        'fail' as const,
        'interrupt' as const,
        'turn' as const,
      ),
    }),
  },
);

/** What can be seen of a view at once. */
function seen(view: ResourceView): unknown {
  const { status, coverage, coveredBytes, length, expectedLength, identity } = view;
  return {
    status,
    ranges: coverage.toArray(),
    coveredBytes,
    length,
    expectedLength,
    identity,
    gap: view.nextGap(0, LENGTH),
  };
}

function act(resource: Resource, action: Action): void {
  try {
    if (action.do === 'write') resource.writeAt(action.start, new Uint8Array(action.length).fill(action.byte));
    else if (action.do === 'evict') resource.evict({ start: action.start, end: action.start + action.length });
    else if (action.do === 'expect') resource.expectedLength = action.length;
    else if (action.do === 'commit') resource.commit();
    else if (action.do === 'reactivate') resource.reactivate();
    else if (action.do === 'fail') resource.fail('no more');
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
}

describe('a remote view of a resource that anything is done to', () => {
  it('shows the same, reads the same, and leaves no demand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(actions, { maxLength: 30 }), async (list) => {
        const resource = Resource.open(new ColdDriver(new EvictingDriver(1024), new ColdBytes()));
        const { view, served } = await remote(resource);
        const ended: Promise<unknown>[] = [];
        for (const action of list) {
          act(resource, action);
          if (action.do === 'interrupt') view.interrupt();
          if (action.do === 'turn') await new Promise(setImmediate);
          if (action.do !== 'read' && action.do !== 'wait') continue;
          const range = { start: action.start, end: action.start + action.length };
          const asked$ = action.do === 'read' ? view.read(range) : view.waitRange(range);
          ended.push(firstValueFrom<unknown>(asked$).catch((error: unknown) => (error as StorageError).code));
        }
        await until(() => JSON.stringify(seen(view)) === JSON.stringify(seen(resource)));
        for (const { start, end } of resource.coverage) {
          const own = new Uint8Array(end - start);
          resource.readAt(start, own);
          const bytes = await firstValueFrom(view.read({ start, end }));
          expect(bytes).toHaveLength(Math.max(0, Math.min(end, resource.expectedLength ?? end) - start));
          expect(bytes).toEqual(own.subarray(0, bytes.length));
        }
        view.interrupt();
        for (const end of await Promise.all(ended))
          expect(typeof end === 'string' ? end : 'bytes').toMatch(/^(bytes|ready|eof|interrupted|INTERRUPTED|FAILED)$/);
        let demand = -1;
        const watching = resource.demand$.subscribe(({ length }) => (demand = length));
        await until(() => demand === 0);
        watching.unsubscribe();
        view.close();
        await served.closed;
        resource.close();
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});
