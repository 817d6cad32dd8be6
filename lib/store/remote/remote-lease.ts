import { StorageError } from '../../errors/storage-error.js';
import type { RemoteState, ViewToClient, ViewWelcome } from '../../remote/messages.js';
import { type RemoteLink, RemoteView } from '../../remote/remote-view.js';
import type { Lease } from '../leases/lease.js';

/** A lease of a store on another side: all its bytes are cold. See {@link Lease}. */
export class RemoteLease extends RemoteView implements Lease {
  readonly key: string;
  readonly resource = undefined;
  readonly #contentType: () => string | undefined;
  /** The version that there was, as long as another store does not know which one it has. */
  #version: string | undefined;

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
    this.#version = this.identity ?? this.#version;
    if (this.#isOfVersion(state)) super.begin(state);
  }

  /** @internal */
  override received(message: ViewToClient): void {
    if (message.type !== 'state' || this.#isOfVersion(message)) super.received(message);
  }

  /** Ends it if it is not. */
  #isOfVersion({ identity }: RemoteState): boolean {
    const version = this.#version;
    if (version === undefined || identity === undefined) return true;
    this.#version = undefined;
    if (identity === version) return true;
    this.gone(changedError(this.key));
    return false;
  }
}

function changedError(key: string): StorageError {
  return new StorageError(
    'CHANGED',
    `The store was opened anew, and has another version of ${JSON.stringify(key).slice(0, 80)} now. Acquire it again.`,
  );
}
