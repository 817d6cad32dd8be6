import { isStorageError, type StorageError } from '../../errors/storage-error.js';
import type { Metadata } from '../entry-record.js';
import type { AcquireOptions } from '../store-options.js';
import type { SentOptions, StoreToClient, StoreToServer } from './messages.js';
import { toSentOptions } from './plain.js';
import type { RemoteCalls } from './remote-calls.js';
import { RemoteLease } from './remote-lease.js';

interface Held {
  readonly key: string;
  /** How it is acquired again. */
  readonly options: SentOptions;
  /** Undefined until the other side has it. */
  lease: RemoteLease | undefined;
  /** The other side is being asked for it. */
  isAsked: boolean;
}

/** The leases of a remote store: another other side has them made anew. */
export class RemoteLeases {
  readonly #send: (message: StoreToServer) => void;
  readonly #calls: RemoteCalls;
  readonly #contentType: (key: string) => string | undefined;
  readonly #held = new Map<number, Held>();
  #count = 0;

  /** @param contentType - what is known now of a key */
  constructor(
    send: (message: StoreToServer) => void,
    calls: RemoteCalls,
    contentType: (key: string) => string | undefined,
  ) {
    this.#send = send;
    this.#calls = calls;
    this.#contentType = contentType;
  }

  async acquire<M extends Metadata>(key: string, options: AcquireOptions<M>): Promise<RemoteLease> {
    this.#count += 1;
    const number = this.#count;
    const sent = toSentOptions(options);
    const { url, download, priority, range } = sent;
    // What was described is described; and what is there is what is leased.
    const held: Held = { key, options: { url, download, priority, range }, lease: undefined, isAsked: false };
    this.#held.set(number, held);
    try {
      await this.#ask(number, held, sent, options.signal);
      if (held.lease === undefined) throw new Error(`There is no lease of ${key}.`);
      return held.lease;
    } catch (error) {
      this.#held.delete(number);
      this.#giveBack(number);
      throw error;
    }
  }

  received({ lease: number, message }: StoreToClient & { type: 'view' }): void {
    const held = this.#held.get(number);
    // It was aborted, or closed, meanwhile.
    if (held === undefined) this.#giveBack(number);
    else if (message.type !== 'welcome') held.lease?.received(message);
    else {
      held.lease ??= this.#make(number, held.key);
      held.lease.begin(message);
    }
  }

  /** The other side has gone; another one may come. */
  lost(): void {
    for (const { lease } of this.#held.values()) lease?.lost();
  }

  /** Has all that there are made anew. */
  again(): void {
    for (const [number, held] of [...this.#held]) {
      // That is asked again by itself.
      if (held.isAsked) continue;
      this.#ask(number, held, held.options).catch((error: unknown) =>
        held.lease?.gone(isStorageError(error) ? error : undefined),
      );
    }
  }

  /** Ends all. */
  end(error?: StorageError): void {
    for (const { lease } of [...this.#held.values()]) lease?.gone(error);
  }

  async #ask(number: number, held: Held, options: SentOptions, signal?: AbortSignal): Promise<void> {
    held.isAsked = true;
    try {
      const call = { name: 'acquire', args: [held.key, options], lease: number } as const;
      await this.#calls.call(call, 'Acquired a key', signal);
    } finally {
      held.isAsked = false;
    }
  }

  #make(number: number, key: string): RemoteLease {
    let last: string | undefined;
    const lease = new RemoteLease(key, () => (last = this.#contentType(key) ?? last), {
      send: (message) => this.#send({ type: 'view', lease: number, message }),
      closed: () => undefined,
    });
    // Whoever has ended it: the other side keeps it until it is given back.
    lease.status$.subscribe({
      complete: () => {
        this.#held.delete(number);
        this.#giveBack(number);
      },
    });
    return lease;
  }

  #giveBack(number: number): void {
    this.#send({ type: 'view', lease: number, message: { type: 'bye' } });
  }
}
