import type { Observable } from 'rxjs';

import type { WaitOutcome } from '../control/wait-outcome.js';
import type { ByteRange } from '../range/byte-range.js';
import type { ResourceView, WaitOptions } from './resource-view.js';

/** The channel through which operators and adapters wait: as `waitRange`, but interrupts of the view do not reach it. */
export const WAIT_APART: unique symbol = Symbol('tidemark.waitApart');
/** The same for `read`. */
export const READ_APART: unique symbol = Symbol('tidemark.readApart');

/** Waits apart where the view can; a view of somebody else's gives its ordinary waits. */
export function waitApart(view: ResourceView, range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
  return hasChannel(view) ? view[WAIT_APART](range, options) : view.waitRange(range, options);
}

/** Reads apart where the view can; a view of somebody else's gives its ordinary reads. */
export function readApart(view: ResourceView, range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
  return hasChannel(view) ? view[READ_APART](range) : view.read(range);
}

interface ApartView extends ResourceView {
  [WAIT_APART](range: ByteRange, options?: WaitOptions): Observable<WaitOutcome>;
  [READ_APART](range: ByteRange): Observable<Uint8Array<ArrayBuffer>>;
}

function hasChannel(view: ResourceView): view is ApartView {
  return WAIT_APART in view;
}
