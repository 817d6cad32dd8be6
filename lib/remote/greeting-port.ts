import { fromPlainError } from '../errors/plain-error.js';
import { StorageError } from '../errors/storage-error.js';
import { abortedError, onAbort } from '../waits/abort.js';
import type { Endpoint } from './endpoint.js';
import type { HandshakeToClient, HandshakeToServer, OfConnection, Welcome } from './handshake.js';
import { LifeLock, randomName } from './life-lock.js';

/** What the connecting side does with what it hears. */
export interface PortClient<W extends Welcome, Received> {
  /** Called once, first. */
  welcomed(message: W): void;
  received(message: Received): void;
  /** The other side has ended, after {@link welcomed}. Called once. */
  gone(): void;
}

/** One side of a port which greets the other, and is one connection then. */
export class GreetingPort<W extends Welcome, Received extends OfConnection> {
  readonly id = randomName();
  readonly #endpoint: Endpoint<HandshakeToServer, HandshakeToClient | W | Received>;
  readonly #hello: { readonly name: string | undefined; readonly about?: unknown };
  readonly #client: PortClient<W, Received>;
  readonly #what: string;
  readonly #lock: LifeLock;
  #opened: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #isWelcome = false;

  /** @param what - what it connects to, for people */
  constructor(
    endpoint: Endpoint<HandshakeToServer, HandshakeToClient | W | Received>,
    what: string,
    hello: { readonly name: string | undefined; readonly about?: unknown },
    client: PortClient<W, Received>,
  ) {
    this.#endpoint = endpoint;
    this.#what = what;
    this.#hello = hello;
    this.#client = client;
    this.#lock = new LifeLock(!endpoint.tellsEnd);
  }

  /**
   * Resolves once the other side serves. Rejects with `CANCELLED` when the signal is aborted
   * before, with `CLOSED` if the port ends before, and with what the other side refuses it for.
   */
  async open(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw abortedError(`Connected to ${this.#what}`, signal);
    const opened = new Promise<void>((resolve, reject) => (this.#opened = { resolve, reject }));
    const stop = onAbort(signal, () => this.#fail(abortedError(`Connected to ${this.#what}`, signal)));
    this.#listen().catch((error: unknown) => this.#fail(error));
    try {
      await opened;
    } finally {
      stop();
    }
  }

  /** Says goodbye. */
  close(): void {
    this.#endpoint.send({ type: 'bye', id: this.id });
    this.#stop();
  }

  /** The other side has ended, as somebody else has learned. */
  gone(): void {
    this.#fail(new StorageError('CLOSED', `Connected to ${this.#what}, and the port has ended. Make another one.`));
    const wasWelcome = this.#isWelcome;
    this.#stop();
    if (wasWelcome) this.#client.gone();
  }

  async #listen(): Promise<void> {
    const lock = await this.#lock.hold();
    if (this.#opened === undefined) return;
    this.#endpoint.listen(
      (message) => this.#received(message, lock),
      () => this.gone(),
    );
    this.#greet(lock);
  }

  #greet(lock: string | undefined): void {
    const probe = new Uint8Array(1);
    this.#endpoint.send({ type: 'hello', id: this.id, ...this.#hello, probe, lock });
  }

  #received(message: HandshakeToClient | W | Received, lock: string | undefined): void {
    if (message.type === 'serving') {
      if (!this.#isWelcome) this.#greet(lock);
      return;
    }
    const own = message as Exclude<HandshakeToClient, { type: 'serving' }> | W | Received;
    if (own.id !== this.id) return;
    if (own.type === 'welcome') this.#welcomed(own as W);
    else if (own.type === 'refused') this.#fail(fromPlainError((own as HandshakeToClient & { type: 'refused' }).error));
    else if (own.type === 'bye') this.gone();
    else if (this.#isWelcome) this.#client.received(own as Received);
  }

  #welcomed(message: W): void {
    this.#isWelcome = true;
    this.#client.welcomed(message);
    void this.#lock.watch(message.lock, () => this.gone(), this.#endpoint.isWithinOrigin);
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  #fail(error: unknown): void {
    if (this.#opened === undefined) return;
    this.#opened.reject(error);
    this.#opened = undefined;
    this.#stop();
  }

  #stop(): void {
    this.#isWelcome = false;
    // What is still on its way to greeting does not.
    this.#opened = undefined;
    this.#endpoint.stop();
    this.#lock.release();
  }
}
