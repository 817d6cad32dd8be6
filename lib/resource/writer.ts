import type { Driver } from '../drivers/driver.js';
import { checkBytes } from '../range/bytes.js';
import { checkLength, checkSpan } from '../range/checks.js';
import { checkReason, checkType } from './checks.js';
import type { Content } from './content.js';
import type { Eviction } from './eviction.js';
import type { OwnerFeed } from './owner-feed.js';

/**
 * What a resource does that writes bytes or changes its state: each method checks the arguments and
 * the state, changes the content, and notifies. `Resource` says what each throws.
 */
export class Writer {
  readonly #content: Content<Driver>;
  readonly #feed: OwnerFeed;
  readonly #eviction: Eviction;

  constructor(content: Content<Driver>, feed: OwnerFeed, eviction: Eviction) {
    this.#content = content;
    this.#feed = feed;
    this.#eviction = eviction;
  }

  setExpectedLength(length: number | undefined): void {
    checkLength('expectedLength', length);
    const content = this.#content;
    content.assertActive('Set the expected length');
    if (length === content.state.expectedLength) return;
    content.control.setExpectedLength(length);
    this.#feed.stateChanged();
  }

  setIdentity(identity: string | undefined): void {
    checkType('identity', 'string', identity);
    const content = this.#content;
    content.assertActive('Set the identity');
    if (identity !== content.state.identity) content.control.setIdentity(identity);
  }

  write(offset: number, data: Uint8Array): void {
    checkBytes('data', data);
    const { length } = data;
    checkSpan(offset, length);
    const content = this.#content;
    if (content.reactivates) {
      if (length === 0) return;
      this.reactivate();
    }
    content.assertActive('Wrote bytes');
    if (length === 0) return;
    const end = offset + length;
    try {
      this.#eviction.makeRoom(offset, end);
      this.#feed.written(offset, end, content.write(offset, data));
    } finally {
      // Of what was evicted, if nothing was written.
      this.#feed.changes.run();
    }
  }

  replace(data: Uint8Array): void {
    checkBytes('data', data);
    const content = this.#content;
    if (!content.reactivates) content.assertActive('Wrote the whole content');
    content.replace(data);
    this.#finishCommit(data.length);
  }

  commit(finalLength: number | undefined): void {
    checkLength('finalLength', finalLength);
    if (this.#content.commit(finalLength)) this.#finishCommit();
  }

  fail(reason: string | Error): void {
    checkReason(reason);
    const content = this.#content;
    if (content.status.state !== 'active') return;
    content.fail(reason);
    this.#feed.stateChanged();
  }

  reactivate(): void {
    const content = this.#content;
    if (content.status.state === 'active') return;
    content.assertUsable('Reactivated');
    content.reactivate();
    this.#feed.stateChanged();
  }

  /** Has the driver finish a commit, and notifies even if that throws: the content is final. */
  #finishCommit(replaced?: number): void {
    try {
      this.#content.driver.settle?.();
    } finally {
      this.#feed.stateChanged(replaced);
    }
  }
}
