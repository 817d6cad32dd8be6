import { toPlainError } from '../errors/plain-error.js';
import { StorageError } from '../errors/storage-error.js';
import type { Endpoint } from './endpoint.js';
import type { HandshakeToClient, HandshakeToServer, Hello, OfConnection } from './handshake.js';
import { LifeLock } from './life-lock.js';

/** What is served to one who has greeted. */
export interface PortSession<Received> {
  /** Sends all that is known, with the lock that this side holds. */
  begin(lock: string | undefined): void;
  received(message: Received): void;
  /** Withdraws all that it has asked for. */
  end(): void;
}

/** One side of a port which serves, to one at a time: another one ends the one before. */
export class ServedPort<Received extends OfConnection> {
  readonly #endpoint: Endpoint<HandshakeToClient, HandshakeToServer | Received>;
  readonly #makeSession: (hello: Hello) => PortSession<Received>;
  readonly #ended: () => void;
  readonly #lock: LifeLock;
  readonly #lockName: Promise<string | undefined>;
  /** All who have greeted; the last one is served. */
  readonly #known = new Set<string>();
  #session: PortSession<Received> | undefined;
  #greeted: string | undefined;
  #isClosed = false;

  /**
   * @param makeSession - called for each who greets
   * @param ended - called once, also by {@link close}
   */
  constructor(
    endpoint: Endpoint<HandshakeToClient, HandshakeToServer | Received>,
    makeSession: (hello: Hello) => PortSession<Received>,
    ended: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#makeSession = makeSession;
    this.#ended = ended;
    this.#lock = new LifeLock(!endpoint.tellsEnd);
    this.#lockName = this.#lock.hold();
    endpoint.listen(
      (message) => this.#received(message),
      () => this.close(),
    );
    endpoint.send({ type: 'serving' });
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave();
    this.#endpoint.stop();
    this.#lock.release();
    this.#ended();
  }

  #received(message: HandshakeToServer | Received): void {
    if (message.type === 'hello') void this.#greet(message as Hello);
    else if (message.id !== this.#greeted || this.#session === undefined) return;
    else if (message.type === 'bye') this.close();
    else this.#session.received(message as Received);
  }

  async #greet(hello: Hello): Promise<void> {
    const { id, probe, lock } = hello;
    // It greets again where it has heard that there is somebody.
    if (this.#known.has(id)) return;
    this.#known.add(id);
    // Who is another one gets nothing any more, and is told so.
    this.#leave();
    this.#greeted = id;
    if (!ArrayBuffer.isView(probe)) {
      this.#endpoint.send({ type: 'refused', id, error: toPlainError(noBytesError()) });
      this.close();
      return;
    }
    const ours = await this.#lockName;
    if (this.#isClosed || id !== this.#greeted) return;
    this.#session = this.#makeSession(hello);
    this.#session.begin(ours);
    const gone = (): void => {
      if (this.#greeted === id) this.close();
    };
    void this.#lock.watch(lock, gone, this.#endpoint.isWithinOrigin);
  }

  /** Ends the connection that there is. */
  #leave(): void {
    this.#session?.end();
    this.#session = undefined;
    if (this.#greeted !== undefined) this.#endpoint.send({ type: 'bye', id: this.#greeted });
  }
}

function noBytesError(): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    "Expected a port that clones bytes, and this one makes text of them. Start the child process with serialization: 'advanced'.",
  );
}
