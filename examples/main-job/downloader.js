// Downloads a URL into a resource, in the order that suits whoever reads it.
//
// Three lanes fetch side by side. Two of them read ahead: always the first bytes that are neither there nor on their
// way, only that one of them gets the end of the file first, where many formats keep an index. The third sleeps until
// somebody waits for bytes that are not on their way, as after a seek, and gets those.

import { EMPTY, Subject, concat, defer, filter, finalize, first, map, merge, mergeMap } from 'rxjs';
import { of, repeat, startWith, take, takeUntil, tap } from 'rxjs';
import { writeTo } from 'tidemark';
import { FetchPlan } from './fetch-plan.js';
import { requestRange } from './range-request.js';

/** @typedef {import('tidemark').ByteRange} ByteRange half-open */

/**
 * Fetches what is missing, which may be nothing: then it asks the server nothing.
 *
 * @param {import('tidemark').Resource} resource new, or partial with bytes of this URL
 * @param {URL} url
 * @returns {import('rxjs').Observable<ByteRange>} what was written; completes when all is there and committed. Errors,
 *   and fails the resource, on any HTTP error, and with the code `CHANGED` if the server has another version than the one
 *   that the first bytes are of; unsubscribing ends all requests and leaves the resource as it is.
 */
export function download(resource, url) {
  return defer(() => {
    const plan = new FetchPlan(resource);
    const { opening } = plan;
    let version = storedVersion(resource);
    return (opening ? fetchFrom(opening) : EMPTY).pipe(
      writeTo(resource, { commit: false }),
      tap({ complete: () => resource.commit() }),
    );

    /** @param {ByteRange} opening the first answer tells the version, and whether it can be had in parts at all */
    function fetchFrom(opening) {
      /** @type {Subject<import('./range-request.js').Answer>} */
      const answer$ = new Subject();
      const opening$ = get(opening, (answer) => answer$.next(answer));
      const rest$ = answer$.pipe(
        take(1),
        tap((answer) => {
          version = answer;
          resource.expectedLength = answer.total;
          resource.identity = answer.etag;
        }),
        mergeMap(({ ranged }) => (ranged ? merge(concat(getTail(), readAhead()), readAhead(), onDemand()) : EMPTY)),
      );
      return merge(rest$, opening$);
    }

    /** @param {ByteRange} range @param {(answer: import('./range-request.js').Answer) => void} [onAnswer] */
    function get(range, onAnswer) {
      plan.begin(range);
      return requestRange(url, range, version, onAnswer).pipe(finalize(() => plan.end(range)));
    }

    function getTail() {
      return defer(() => {
        const range = plan.tail();
        return range ? get(range) : EMPTY;
      });
    }

    function readAhead() {
      return defer(() => {
        const range = plan.next();
        return range ? get(range) : EMPTY;
      }).pipe(repeat({ delay: () => (plan.next() ? of(true) : EMPTY) }));
    }

    function onDemand() {
      const whole$ = resource.writes$.pipe(
        startWith(undefined),
        filter(() => resource.nextGap(0) === undefined),
      );
      return resource.demand$.pipe(
        map((demands) => plan.forDemand(demands)),
        first((range) => range !== undefined),
        mergeMap((range) => get(range)),
        repeat(), // demand$ replays what is wanted now, which may have changed meanwhile
        takeUntil(whole$),
      );
    }
  });
}

/**
 * What the bytes that are there are of; undefined if there are none.
 *
 * @param {import('tidemark').Resource} resource
 * @returns {import('./version.js').Version | undefined}
 */
function storedVersion({ origin, identity, expectedLength }) {
  return origin.from === 'new' ? undefined : { etag: identity, total: expectedLength };
}
