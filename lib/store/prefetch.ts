import {
  combineLatest,
  concat,
  defer,
  EMPTY,
  endWith,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  startWith,
  type OperatorFunction,
  Subject,
  switchMap,
  take,
} from 'rxjs';

import { wrongType } from '../errors/invalid-argument.js';
import type { Metadata } from './entry-record.js';
import type { Lease } from './leases/lease.js';
import type { Store } from './store.js';
import type { StoreEntry } from './store-entry.js';
import { type AcquireOptions, checkAcquire, checkKey } from './store-options.js';

/** An entry that is about to be wanted. */
export interface PlannedEntry<M extends Metadata = Metadata> extends AcquireOptions<M> {
  /** What it is asked for by. */
  readonly key: string;
}

/** What is about to be wanted, the next first. */
export type PrefetchPlan<M extends Metadata = Metadata> = readonly PlannedEntry<M>[];

/** What a store, or a remote one, does here. */
type Fetching<M extends Metadata> = Pick<Store<M>, 'acquire' | 'entry' | 'entry$'>;

/** So much of an entry may be missing for it to be nearly done, as a share of the whole. */
const NEARLY = 0.1;

/** An entry that is fetched for the plan. */
interface Planned {
  lease: Lease | undefined;
  /** It is in the plan no more. */
  isLeft: boolean;
}

/**
 * Fetches what is about to be wanted: each plan says anew what that is, the next first.
 *
 * What a plan has that the one before had not is acquired and fetched with priority `prefetch`, in
 * the plan's order; who plays it gives it the higher priority. What it has no more is no longer
 * fetched, unless it is nearly done. As long as an entry is in the plan it is leased, and so not
 * evicted. Emits the entries of the plan that there are, in its order, whenever one of them
 * changes.
 *
 * What fails is told by its entry, and the others go on. When the source completes, it completes
 * once all of the last plan is there or has failed; it errors as the source does, and with
 * `INVALID_ARGUMENT` or a `TypeError` for a plan that is none. Unsubscribing stops everything.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { memoryBackend, prefetch, Store } from 'tidemark/store';
 *
 * const source = (key: string) => `https://example.org/songs/${key}`;
 * const store = await Store.open(memoryBackend(), { source });
 * of([{ key: '2.flac' }, { key: '3.flac' }])
 *   .pipe(prefetch(store))
 *   .subscribe((entries) => console.log(entries.map(({ coveredBytes }) => coveredBytes)));
 * ```
 */
export function prefetch<M extends Metadata>(
  store: Pick<Store<M>, 'acquire' | 'entry' | 'entry$'>,
): OperatorFunction<PrefetchPlan<M>, readonly StoreEntry<M>[]> {
  return (plans$) =>
    defer(() => {
      const planned = new Map<string, Planned>();
      /** Something was acquired, or could not be. */
      const begun$ = new Subject<void>();
      let keys: readonly string[] = [];
      const follow = (plan: PrefetchPlan<M>): readonly string[] => {
        checkPlan(plan);
        keys = [...new Set(plan.map(({ key }) => key))];
        for (const [key, one] of planned) if (!keys.includes(key)) leave(store, key, one, planned);
        for (const { key, ...options } of plan) join(store, key, options, planned, begun$);
        return keys;
      };
      const followed$ = concat(
        plans$.pipe(map(follow)),
        defer(() => settled(store, keys, planned, begun$)),
      );
      return followed$.pipe(
        endWith(undefined),
        switchMap((wanted) => (wanted === undefined ? EMPTY : entriesOf(store, wanted))),
        finalize(() => {
          for (const one of planned.values()) {
            one.isLeft = true;
            one.lease?.close();
          }
        }),
      );
    });
}

/** Throws `INVALID_ARGUMENT`, `INVALID_RANGE`, or a `TypeError` for what TypeScript rejects. */
function checkPlan<M extends Metadata>(plan: PrefetchPlan<M>): void {
  const given: unknown = plan;
  if (!Array.isArray(given)) throw wrongType('the plan', 'an array of { key }', given);
  for (const one of given as readonly unknown[]) {
    if (typeof one !== 'object' || one === null) throw wrongType('an item of the plan', 'an object with a key', one);
    const { key, ...options } = one as PlannedEntry<M>;
    checkKey(key);
    checkAcquire(options);
  }
}

function join<M extends Metadata>(
  store: Fetching<M>,
  key: string,
  options: AcquireOptions<M>,
  planned: Map<string, Planned>,
  begun$: Subject<void>,
): void {
  const before = planned.get(key);
  if (before !== undefined) {
    before.isLeft = false;
    return;
  }
  const one: Planned = { lease: undefined, isLeft: false };
  planned.set(key, one);
  store.acquire(key, { priority: 'prefetch', ...options, download: true }).then(
    (lease) => {
      if (planned.get(key) !== one || one.isLeft) lease.close();
      else one.lease = lease;
      begun$.next();
    },
    () => {
      // Where there is an entry it tells; another plan may ask again.
      if (planned.get(key) === one) planned.delete(key);
      begun$.next();
    },
  );
}

/** It is in the plan no more: it goes on only if it is nearly done. */
function leave<M extends Metadata>(store: Fetching<M>, key: string, one: Planned, planned: Map<string, Planned>): void {
  const entry = store.entry(key);
  const { coveredBytes = 0, expectedLength = Infinity, download } = entry ?? {};
  const isNearlyDone = download !== undefined && expectedLength - coveredBytes <= NEARLY * expectedLength;
  one.isLeft = true;
  if (one.lease === undefined || !isNearlyDone) {
    planned.delete(key);
    one.lease?.close();
    return;
  }
  const { lease } = one;
  isSettled(store, key).subscribe(() => {
    if (!one.isLeft) return;
    planned.delete(key);
    lease.close();
  });
}

function entriesOf<M extends Metadata>(
  store: Fetching<M>,
  keys: readonly string[],
): Observable<readonly StoreEntry<M>[]> {
  if (keys.length === 0) return of([]);
  return combineLatest(keys.map((key) => store.entry$(key))).pipe(
    map((entries) => entries.filter((entry) => entry !== undefined)),
  );
}

/** Completes once all of a plan is there, has failed, or could not even be begun. */
function settled<M extends Metadata>(
  store: Fetching<M>,
  keys: readonly string[],
  planned: ReadonlyMap<string, Planned>,
  begun$: Observable<void>,
): Observable<never> {
  const each = keys.map((key) =>
    begun$.pipe(
      startWith(undefined),
      filter(() => planned.get(key)?.lease !== undefined || !planned.has(key)),
      take(1),
      switchMap(() => (planned.has(key) ? isSettled(store, key) : EMPTY)),
    ),
  );
  return merge(...each).pipe(ignoreElements());
}

/** Emits once an entry that was begun is not being fetched any more. */
function isSettled<M extends Metadata>(store: Fetching<M>, key: string): Observable<unknown> {
  return store.entry$(key).pipe(
    filter((entry) => entry?.download === undefined || entry.download.state === 'failed' || entry.state === 'complete'),
    take(1),
  );
}
