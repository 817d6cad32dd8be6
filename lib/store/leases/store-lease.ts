import type { Observable } from 'rxjs';

import { BytesView } from '../../bytes/bytes-view.js';
import type { ResourceStatus } from '../../control/resource-status.js';
import type { Coverage } from '../../coverage/coverage.js';
import type { StorageError } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import { INSIDE, type ViewInside } from '../../view/own-view.js';
import { readRange } from '../../view/read-range.js';
import type { ReadOptions } from '../../waits/read-options.js';
import type { WaitOptions } from '../../waits/wait-options.js';
import type { WaitOutcome } from '../../waits/wait-outcome.js';
import type { Lease } from './lease.js';
import { LeaseParts } from './lease-parts.js';

/** What a lease needs of its entry. */
export interface LeaseOwner {
  readonly key: string;
  readonly contentType: string | undefined;
  /** A place was read or waited for, in bytes. */
  readAt(offset: number): void;
  /** The lease has ended; called once. */
  released(lease: StoreLease): void;
}

/** See {@link Lease}. */
export class StoreLease extends BytesView implements Lease {
  readonly coverage$: Observable<Coverage>;
  readonly status$: Observable<ResourceStatus>;
  /** @internal */
  readonly [INSIDE]: ViewInside;
  readonly #parts: LeaseParts;
  readonly #owner: LeaseOwner;

  constructor(resource: Resource, owner: LeaseOwner) {
    const parts = new LeaseParts(resource, (offset) => {
      owner.readAt(offset);
    });
    super(parts);
    this.#parts = parts;
    this.#owner = owner;
    this.coverage$ = parts.coverage$;
    this.status$ = parts.status$;
    this[INSIDE] = { parts, waits: parts.waits };
  }

  get key(): string {
    return this.#owner.key;
  }

  get contentType(): string | undefined {
    return this.#owner.contentType;
  }

  get resource(): Resource {
    return this.#parts.resource;
  }

  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return this.#parts.waits.wait(range, options);
  }

  read(range: ByteRange, options?: ReadOptions): Observable<Uint8Array<ArrayBuffer>> {
    return readRange(this[INSIDE], range, false, options);
  }

  close(): void {
    this.end();
  }

  /** Ends it with an error other than `CLOSED`. */
  end(error?: StorageError): void {
    if (this.#parts.end(error)) this.#owner.released(this);
  }
}
