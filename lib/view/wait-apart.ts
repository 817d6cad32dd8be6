import type { Observable } from 'rxjs';

import type { WaitOutcome } from '../control/wait-outcome.js';
import type { ByteRange } from '../range/byte-range.js';
import type { ResourceView, WaitOptions } from './resource-view.js';

/** The channel through which operators and adapters wait: as `waitRange`, but interrupts of the view do not reach it. */
export const WAIT_APART: unique symbol = Symbol('tidemark.waitApart');

/** Waits apart where the view can; a view of somebody else's gives its ordinary waits. */
export function waitApart(view: ResourceView, range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
  return WAIT_APART in view ? (view as ApartView)[WAIT_APART](range, options) : view.waitRange(range, options);
}

interface ApartView extends ResourceView {
  [WAIT_APART](range: ByteRange, options?: WaitOptions): Observable<WaitOutcome>;
}
