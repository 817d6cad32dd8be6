import { StorageError } from '../../errors/storage-error.js';
import type { ViewWelcome } from '../../remote/messages.js';
import { type RemoteLink, RemoteView } from '../../remote/remote-view.js';
import type { Lease } from '../leases/lease.js';

/** A lease of a store on another side: all its bytes are cold. See {@link Lease}. */
export class RemoteLease extends RemoteView implements Lease {
  readonly key: string;
  readonly resource = undefined;
  readonly #contentType: () => string | undefined;

  /** @internal */
  constructor(key: string, contentType: () => string | undefined, link: RemoteLink) {
    super(link);
    this.key = key;
    this.#contentType = contentType;
  }

  get contentType(): string | undefined {
    return this.#contentType();
  }

  /** @internal Goes on with a lease that another store has made of the same key. */
  override begin(state: ViewWelcome): void {
    const { identity } = this;
    if (identity === undefined || state.identity === undefined || state.identity === identity) super.begin(state);
    else this.gone(changedError(this.key));
  }
}

function changedError(key: string): StorageError {
  return new StorageError(
    'CHANGED',
    `The store was opened anew, and has another version of ${JSON.stringify(key).slice(0, 80)} now. Acquire it again.`,
  );
}
