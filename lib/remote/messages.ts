import type { PlainError } from '../errors/plain-error.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { HandshakeToClient, HandshakeToServer } from './handshake.js';

/**
 * What the two sides of a view tell each other, once they have greeted (see `handshake.ts`).
 *
 * The serving side sends `welcome`, with all that is known, and then what changes, in order:
 * `coverage` (the next one when the last was acknowledged, so that a slow side gets few large
 * changes) and `state`. Bytes come only when they are asked for (`fetch`), and each `fetch` is
 * answered once (`given`): so who asks knows how many are under way.
 *
 * The serving side waits, too, for what the other one waits for (`wants`). That bytes have come, or
 * the end, is told by coverage and state; only an error has a message of its own (`unmet`). Where
 * bytes have gone before they could be told of, it waits again.
 *
 * Ranges are pairs of starts and ends in one array, half-open, in bytes.
 */
export type Message = ToServer | ToClient;

/** What the connecting side sends. */
export type ToServer = HandshakeToServer | ({ readonly id: string } & ViewToServer);

/** What the serving side sends. */
export type ToClient = HandshakeToClient | ({ readonly id: string } & (ViewWelcome | ViewToClient));

/** What the connecting side of one view says of it. */
export type ViewToServer =
  /** Waits have come, and gone. */
  | {
      readonly type: 'wants';
      readonly added: readonly RemoteWant[];
      readonly gone: readonly number[];
    }
  | { readonly type: 'acknowledge' }
  | ({ readonly type: 'fetch' } & FetchedRange)
  /** The bytes are not needed any more; they may be under way. */
  | { readonly type: 'unfetch'; readonly fetch: number };

/** What the serving side of one view says first. */
export type ViewWelcome = {
  readonly type: 'welcome';
  /** See `Welcome`. */
  readonly lock?: string | undefined;
  readonly ranges: Float64Array;
  /** The longest range that can be waited for at once, in bytes, if there is one. */
  readonly longestWait: number | undefined;
} & RemoteState;

/** What it says then. */
export type ViewToClient =
  | { readonly type: 'coverage'; readonly removed: Float64Array; readonly added: Float64Array }
  | ({ readonly type: 'state' } & RemoteState)
  /** A wait has ended with an error. */
  | { readonly type: 'unmet'; readonly want: number; readonly error: PlainError }
  | {
      readonly type: 'given';
      readonly fetch: number;
      readonly generation: number;
      /** None where they are not covered, or not needed, any more. */
      readonly bytes: Uint8Array;
      readonly error?: PlainError | undefined;
    };

/** What is known of content beside its coverage. */
export interface RemoteState {
  readonly status: ResourceStatus;
  readonly expectedLength: number | undefined;
  readonly identity: string | undefined;
  /** Changes when content is replaced. */
  readonly generation: number;
  /** What calls throw, of one that is closed. */
  readonly closedBy?: PlainError | undefined;
}

/** One wait. */
export interface RemoteWant {
  readonly want: number;
  readonly start: number;
  readonly end: number;
  readonly neededBy: number | undefined;
  /** It makes no demand. */
  readonly passive: boolean;
}

/** One piece that is asked for. */
export interface FetchedRange {
  readonly fetch: number;
  readonly start: number;
  readonly length: number;
  readonly generation: number;
}

/** The version of all this: both sides load the same one. */
export const TAG = 'view/1';

/** The most that one `given` holds, in bytes. */
export const LONGEST_ANSWER = 262_144;
