import type { PlainError } from '../errors/plain-error.js';

/**
 * How two sides of a port find each other, whatever they talk about then. One *serves* and the
 * other *connects*. Either may begin: `serving` says that there is somebody to greet, `hello`
 * greets, and `welcome` answers with all that is known. Either ends it with `bye`.
 */

/** What the connecting side sends. */
export type HandshakeToServer =
  | {
      readonly type: 'hello';
      /** Of this connection: what is of another one is not answered. */
      readonly id: string;
      readonly name: string | undefined;
      /** Bytes: what does not clone them is no port for a view. */
      readonly probe: unknown;
      readonly lock: string | undefined;
      /** What the protocol wants to know besides. */
      readonly about?: unknown;
    }
  | { readonly type: 'bye'; readonly id: string };

/** What the serving side sends, beside its `welcome`. */
export type HandshakeToClient =
  | { readonly type: 'serving' }
  | { readonly type: 'refused'; readonly id: string; readonly error: PlainError }
  | { readonly type: 'bye'; readonly id: string };

/** What greets. */
export type Hello = HandshakeToServer & { readonly type: 'hello' };

/** A message that belongs to a connection. */
export interface OfConnection {
  readonly type: string;
  readonly id: string;
}

/** The answer to a greeting, with the lock that the serving side holds. */
export interface Welcome extends OfConnection {
  readonly type: 'welcome';
  readonly lock?: string | undefined;
}
