import {
  catchError,
  defer,
  filter,
  firstValueFrom,
  merge,
  NEVER,
  type Observable,
  of,
  switchMap,
  take,
  takeUntil,
  throwError,
} from 'rxjs';

import { wrongType } from '../../errors/invalid-argument.js';
import { abortion } from '../../operators/abortion.js';
import { MAX_OFFSET } from '../../range/byte-range.js';
import { neededAt, type NeededBy } from '../../range/times.js';
import { accessTo } from '../../view/access-to.js';
import { endedErrorOf } from '../../view/ended-error-of.js';
import { knownEnd } from '../../view/known-end.js';
import type { ResourceView } from '../../view/resource-view.js';
import { checkSignal } from '../../waits/abort.js';
import type { WaitOptions } from '../../waits/wait-options.js';
import { readHeaders } from '../read-headers.js';
import { toEntityTag } from './entity-tag.js';
import type { PromisedContent } from './promised-content.js';
import type { RangeRequest, RangeResponseOptions } from './range-response.js';
import { type Reply, decideReply } from './decide-reply.js';

/** What a request gets. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What the body has to have; undefined: there is no body. */
  readonly content: PromisedContent | undefined;
}

const ASKED = 'Answered a request';
/** Headers that say what the answer has. */
const OWN = ['content-length', 'content-range', 'transfer-encoding', 'etag'];

/** Waits until it can be said what a request gets, as `rangeResponse` does. */
export async function answerTo(
  view: ResourceView,
  request: RangeRequest,
  { headers: given, neededBy }: Pick<RangeResponseOptions, 'headers' | 'neededBy'>,
): Promise<Answer> {
  checkRequest(request);
  const { method, headers: asked, signal } = request;
  const headers = readHeaders(given);
  for (const name of OWN) headers.delete(name);
  headers.set('accept-ranges', 'bytes');
  if (method !== 'GET' && method !== 'HEAD') {
    headers.set('allow', 'GET, HEAD');
    return { status: 405, headers, content: undefined };
  }
  if (!headers.has('content-type')) headers.set('content-type', contentTypeOf(view));
  const lastModified = headers.get('last-modified') ?? undefined;
  const reply$ = decidedReply(view, neededBy, () => decideReply(method, asked, knownOf(view, lastModified)));
  const reply = await firstValueFrom(reply$.pipe(takeUntil(abortion(ASKED, signal))));

  const { identity } = view;
  const etag = toEntityTag(identity);
  const { status } = reply;
  if (etag !== undefined) headers.set('etag', etag);
  if (status === 416) headers.set('content-range', `bytes */${reply.length}`);
  if (status !== 200 && status !== 206) return { status, headers, content: undefined };

  const { range } = reply;
  const { start, end } = range;
  if (end !== Infinity) headers.set('content-length', String(end - start));
  if (status === 206) {
    const total = reply.length === Infinity ? '*' : reply.length;
    headers.set('content-range', `bytes ${start}-${end - 1}/${total}`);
  }
  const hasBody = method !== 'HEAD' && start !== end;
  return { status, headers, content: hasBody ? { range, identity } : undefined };
}

/** The lease of a store knows it. */
function contentTypeOf(view: ResourceView): string {
  const { contentType } = view as { contentType?: unknown };
  return typeof contentType === 'string' ? contentType : 'application/octet-stream';
}

type SettledReply = Exclude<Reply, { status: 'wait' | 'failed' }>;

/**
 * Decides, as often as something changes, until there is something to say. It does so at once, not
 * a turn later: whoever hears first that a resource has failed may close it.
 */
function decidedReply(
  view: ResourceView,
  neededBy: NeededBy | undefined,
  decide: () => Reply,
): Observable<SettledReply> {
  return defer(() => {
    const { status } = view;
    const seenEnd = knownEnd(view);
    if (status.state === 'closed' || status.state === 'cancelled') throw endedErrorOf(view, status, ASKED);
    const reply = decide();
    if (reply.status === 'failed') throw endedErrorOf(view, view.status, ASKED, { range: reply.range });
    if (reply.status !== 'wait') return of(reply);
    const changed$ = view.status$.pipe(filter(({ state }) => state !== status.state || knownEnd(view) !== seenEnd));
    return merge(changed$, nextByte(view, reply.from, neededBy)).pipe(
      take(1),
      switchMap(() => decidedReply(view, neededBy, decide)),
    );
  });
}

function knownOf(view: ResourceView, lastModified: string | undefined): Parameters<typeof decideReply>[2] {
  const length = knownEnd(view);
  const limit = Math.min(length, MAX_OFFSET);
  return {
    length,
    etag: toEntityTag(view.identity),
    lastModified,
    failed: view.status.state === 'failed',
    begun: view.coveredBytes > 0,
    coveredUntil: (from) => view.nextGap(from, limit)?.start ?? limit,
  };
}

/**
 * Emits when the byte at `from`, or the first one, has come. Demands the former, so that a
 * downloader that only answers demand gets to know the length.
 */
function nextByte(view: ResourceView, from: number, neededBy: NeededBy | undefined): Observable<unknown> {
  const byteAt = (start: number, options: WaitOptions): Observable<unknown> => {
    const range = { start, end: start + 1 };
    return view.has(range) ? NEVER : accessTo(view).wait(range, options);
  };
  return merge(byteAt(from, { neededBy: neededAt(neededBy, from) }), byteAt(0, { passive: true })).pipe(
    // A resource that fails may still have something for this request.
    catchError((error: unknown) => (view.status.state === 'failed' ? of(undefined) : throwError(() => error))),
  );
}

function checkRequest(request: RangeRequest): void {
  const { method, headers, signal } = (request as Partial<RangeRequest> | null | undefined) ?? {};
  if (typeof method !== 'string' || typeof headers?.get !== 'function') {
    throw wrongType('request', 'one with a method and Headers (a Request)', request);
  }
  checkSignal(signal);
}
