import { filter, firstValueFrom, map, type Observable } from 'rxjs';
import type { ByteRange, Demand } from '../../lib/index.js';

/** A resource, of the sources or of the built package. */
interface Demanded {
  readonly demand$: Observable<readonly Demand[]>;
}

/** The demands of a resource as they are now. */
export function demandsOf(resource: Demanded): readonly Demand[] {
  let current: readonly Demand[] = [];
  resource.demand$.subscribe((demands) => (current = demands)).unsubscribe();
  return current;
}

/** The ranges that are demanded now. */
export function demandedRanges(resource: Demanded): ByteRange[] {
  return demandsOf(resource).map(({ range }) => range);
}

/**
 * Every range that is demanded, from now on and in this order; one that stays is there once for
 * each emission.
 */
export function recordDemands(resource: Demanded): ByteRange[] {
  const ranges: ByteRange[] = [];
  resource.demand$.subscribe((demands) => ranges.push(...demands.map(({ range }) => range)));
  return ranges;
}

/** The demands of a resource, as soon as there are `count` of them, or more. */
export function untilDemanded(resource: Demanded, count = 1): Promise<readonly Demand[]> {
  return firstValueFrom(resource.demand$.pipe(filter(({ length }) => length >= count)));
}

/** The demands of a resource, as soon as one of them begins at `start`. */
export function untilDemandedAt(resource: Demanded, start: number): Promise<readonly Demand[]> {
  return firstValueFrom(resource.demand$.pipe(filter((demands) => demands.some(({ range }) => range.start === start))));
}

/** Returns as soon as nothing is demanded. */
export async function untilNothingDemanded(resource: Demanded): Promise<void> {
  await firstValueFrom(resource.demand$.pipe(filter(({ length }) => length === 0)));
}

/** The demands of one reader, as soon as it has `count` of them: it waits then, or is about to. */
export function demandsOfReader(resource: Demanded, reader: string, count = 1): Promise<readonly Demand[]> {
  return firstValueFrom(
    resource.demand$.pipe(
      map((demands) => demands.filter((demand) => demand.reader === reader)),
      filter((demands) => demands.length === count),
    ),
  );
}
