import type { Observable } from 'rxjs';

import { BytesView } from '../bytes/bytes-view.js';
import { checkFits } from '../bytes/window-errors.js';
import { ChangeFeed } from '../changes/change-feed.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { Coverage } from '../coverage/coverage.js';
import { fromPlainError } from '../errors/plain-error.js';
import type { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { subtractRanges } from '../range/subtract-ranges.js';
import { fetchRange } from '../view/fetch-range.js';
import { INSIDE, type ViewInside } from '../view/own-view.js';
import { readRange } from '../view/read-range.js';
import type { ResourceView } from '../view/resource-view.js';
import type { ReadOptions } from '../waits/read-options.js';
import type { WaitOptions } from '../waits/wait-options.js';
import type { WaitOutcome } from '../waits/wait-outcome.js';
import { isBare } from '../waits/asked-wait.js';
import { rangesOf } from './coverage-changes.js';
import type { RemoteState, ViewToClient, ViewToServer, ViewWelcome } from './messages.js';
import { RemoteContent } from './remote-content.js';
import { RemoteFetches } from './remote-fetches.js';
import { RemoteWants } from './remote-wants.js';

/** What a remote view tells the other side. */
export interface RemoteLink {
  send(message: ViewToServer): void;
  /** It was closed here. */
  closed(): void;
}

/**
 * A view of a resource on the other side of a port. Made by `connectView`.
 *
 * It knows what the other side has told it, and has none of the bytes: `readAt` answers 0, and
 * whatever waits and copies (`read`, `readChunks`, streams, byte sources, `rangeResponse`) fetches
 * them. When the other side closes or dies it is closed, committed or not.
 */
export class RemoteView extends BytesView implements ResourceView {
  readonly coverage$: Observable<Coverage>;
  readonly status$: Observable<ResourceStatus>;
  /** @internal */
  readonly [INSIDE]: ViewInside;
  readonly #content: RemoteContent;
  readonly #feed: ChangeFeed<Coverage, ResourceStatus>;
  readonly #fetches: RemoteFetches;
  readonly #wants: RemoteWants;
  readonly #link: RemoteLink;

  /** @internal */
  constructor(link: RemoteLink) {
    const content = new RemoteContent();
    super(content);
    this.#content = content;
    this.#link = link;
    const wants = new RemoteWants((changes) => link.send({ type: 'wants', ...changes }));
    this.#wants = wants;
    this.#feed = new ChangeFeed(content, {
      arriving: (wait) => {
        if (isBare(wait)) checkFits('Waited for', wait, content.longestWait ?? Infinity);
      },
      demandChanged: () => wants.changed(this.#feed.waits.pending),
    });
    this.#fetches = new RemoteFetches(
      (fetch) => link.send(fetch),
      () => content.ended,
    );
    this[INSIDE] = { parts: content, waits: this.#feed.waits, cold: this.#fetches };
    this.coverage$ = this.#feed.coverage.state$;
    this.status$ = this.#feed.status.state$;
  }

  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return this.#feed.waits.wait(range, options);
  }

  read(range: ByteRange, options?: ReadOptions): Observable<Uint8Array<ArrayBuffer>> {
    return readRange(this[INSIDE], range, false, options, fetchRange);
  }

  /**
   * Ends the pending waits and reads of this view: with Interrupted, or `INTERRUPTED`. Those of
   * others go on.
   */
  interrupt(): void {
    this.#fetches.interrupt();
    this.#feed.interrupt();
  }

  /**
   * Ends the view: its waits end with `CLOSED`, their demand is withdrawn, its observables
   * complete. What it is a view of goes on. Idempotent.
   */
  close(): void {
    if (this.#end()) this.#link.closed();
  }

  /** @internal Ends it: the other side has ended, or gives it no more. */
  gone(error?: StorageError): void {
    this.#end(error);
  }

  /** @internal */
  received(message: ViewToClient): void {
    switch (message.type) {
      case 'coverage':
        this.#link.send({ type: 'acknowledge' });
        for (const range of rangesOf(message.removed))
          this.#content.uncover(range, (evicted) => this.#feed.evicted(evicted, undefined));
        this.#cover(rangesOf(message.added));
        break;
      case 'state':
        this.#setState(message);
        break;
      case 'unmet':
        this.#wants.unmet(message.want, message.error);
        break;
      case 'given':
        this.#fetches.given(message);
    }
  }

  /** @internal The other side has gone, and another may come: what waits goes on waiting. */
  lost(): void {
    this.#fetches.lost();
  }

  /** @internal What it knows to begin with, or to go on with after {@link lost}. */
  begin(state: ViewWelcome): void {
    const content = this.#content;
    const before = this.coverage.toArray();
    const now = [...rangesOf(state.ranges)];
    const gone = subtractRanges(before, now);
    const isSame =
      state.identity === this.identity && (before.length === 0 || state.expectedLength === this.expectedLength);
    content.longestWait = state.longestWait;
    this.#fetches.found(state.generation, isSame);
    if (gone.length > 0) content.reactivate();
    for (const range of gone) content.uncover(range, (evicted) => this.#feed.evicted(evicted, undefined));
    this.#cover(subtractRanges(now, before));
    this.#setState(state);
    this.#wants.again(this.#feed.waits.pending);
  }

  #cover(ranges: Iterable<ByteRange>): void {
    for (const range of ranges) {
      this.#content.cover(range);
      this.#feed.written(range.start, range.end, true, undefined);
    }
    this.#feed.run();
  }

  #setState(state: RemoteState): void {
    this.#fetches.found(state.generation);
    if (state.status.state === 'closed') {
      this.#end(state.closedBy && fromPlainError(state.closedBy));
      return;
    }
    this.#content.setState(state);
    this.#feed.stateChanged();
    const { ended } = this.#content;
    if (ended !== undefined) this.#fetches.end(ended);
  }

  #end(error?: StorageError): boolean {
    if (!this.#content.close(error)) return false;
    this.#fetches.end('closed', error);
    this.#feed.end();
    return true;
  }
}
