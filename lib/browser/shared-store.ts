import { StorageError } from '../errors/storage-error.js';
import { Endpoint } from '../remote/endpoint.js';
import { randomName } from '../remote/life-lock.js';
import type { PortLike } from '../remote/port-like.js';
import type { RemoteSource } from '../store/remote/answers.js';
import { connectTo } from '../store/remote/connect-store.js';
import { RemoteStore } from '../store/remote/remote-store.js';
import { channelOf, hubOf, TAB_TAG, type TabMessage } from '../store/remote/tab-messages.js';
import { abortedError, onAbort } from '../waits/abort.js';
import { StoreWorker } from './store-worker.js';

/**
 * One tab's part in a shared store: reaches the worker that runs it, wherever that is, and runs it
 * when it is this tab's turn.
 */
export class SharedStore {
  readonly #name: string;
  readonly #makeWorker: () => Worker;
  readonly #knows: boolean;
  readonly #store: RemoteStore;
  readonly #hubChannel: BroadcastChannel;
  readonly #hub: Endpoint<TabMessage, TabMessage>;
  /** Aborted as soon as this tab takes no part any more. */
  readonly #left = new AbortController();
  /** The worker, while this tab runs it. */
  #worker: StoreWorker | undefined;
  /** The connection that there is, or that is being made. */
  #connection: { readonly gone: () => void; readonly close: () => void; readonly end: () => void } | undefined;
  #opened: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(name: string, makeWorker: () => Worker, source: RemoteSource | undefined) {
    this.#name = name;
    this.#makeWorker = makeWorker;
    this.#knows = source !== undefined;
    this.#store = new RemoteStore(source, () => this.#leave());
    this.#hubChannel = new BroadcastChannel(hubOf(name));
    this.#hub = new Endpoint(this.#hubChannel, TAB_TAG);
  }

  /** Resolves to the store once it is reached. */
  async open(signal: AbortSignal | undefined): Promise<RemoteStore> {
    const cancel = (): void => this.#fail(abortedError('Asked for a store that tabs share', signal));
    const opened = new Promise<void>((resolve, reject) => (this.#opened = { resolve, reject }));
    const stopListening = onAbort(signal, cancel);
    if (signal?.aborted === true) cancel();
    else this.#begin();
    try {
      await opened;
    } finally {
      stopListening();
    }
    return this.#store;
  }

  #hasLeft(): boolean {
    return this.#left.signal.aborted;
  }

  #begin(): void {
    this.#hub.listen(
      (message) => {
        // Of another worker: the one before has ended, or is about to.
        if (message.type === 'leading' && this.#worker === undefined) this.#seek();
      },
      () => undefined,
    );
    this.#seek();
    const { signal } = this.#left;
    navigator.locks
      .request(hubOf(this.#name), { signal }, () => this.#lead())
      .catch((error: unknown) => {
        if (!signal.aborted) this.#fail(error);
      });
  }

  /** Runs the worker until this tab leaves. */
  async #lead(): Promise<void> {
    while (!this.#hasLeft()) {
      const worker = new StoreWorker(this.#makeWorker);
      this.#worker = worker;
      await Promise.race([worker.running, worker.ended]);
      if (!this.#hasLeft()) {
        worker.lead(this.#name);
        this.#connect(worker.port, () => worker.terminate());
      }
      await worker.ended;
    }
  }

  /** Asks the worker of another tab for a connection. */
  #seek(): void {
    const connection = randomName();
    const channel = new BroadcastChannel(channelOf(this.#name, connection));
    this.#connect(channel, () => channel.close());
    this.#hub.send({ type: 'seek', connection });
  }

  /** @param end - called once the connection has ended, unless this tab has closed it */
  #connect(port: PortLike, end: () => void): void {
    const before = this.#connection;
    this.#connection = undefined;
    before?.gone();
    this.#store.lost();
    const connection = connectTo(this.#store, port, {
      name: 'remote',
      knows: this.#knows,
      gone: () => {
        end();
        this.#lost(own);
      },
    });
    const own = {
      gone: () => connection.gone(),
      close: () => connection.close(),
      end,
    };
    this.#connection = own;
    connection.open().then(
      () => {
        this.#opened?.resolve();
        this.#opened = undefined;
      },
      // It was given up for another one.
      end,
    );
  }

  /** The worker has ended: another one will say so when it comes, or this tab starts one. */
  #lost(connection: object): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#store.lost();
    // Where this tab runs it, it starts another one.
    if (this.#worker === undefined) this.#seek();
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error : new StorageError('IO', String(error));
    this.#opened?.reject(reason);
    this.#opened = undefined;
    this.#store.gone(reason);
  }

  async #leave(): Promise<void> {
    const worker = this.#worker;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#left.abort();
    connection?.close();
    this.#hub.stop();
    this.#hubChannel.close();
    // Others may take over once it has closed the store.
    try {
      await worker?.leave();
    } finally {
      worker?.terminate();
      connection?.end();
    }
  }
}
