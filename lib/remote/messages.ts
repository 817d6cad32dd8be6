import type { PlainError } from '../errors/plain-error.js';
import type { ResourceStatus } from '../control/resource-status.js';

/**
 * What the two sides of a view tell each other.
 *
 * The side that has the view *serves* it, the other one *connects*. Either may begin: `serving`
 * says that there is somebody to greet, `hello` greets, and `welcome` answers with all that is
 * known. From then on the serving side sends what changes, in order: `coverage` (the next one when
 * the last was acknowledged, so that a slow side gets few large changes) and `state`. Bytes come
 * only when they are asked for (`fetch`), and each `fetch` is answered once (`given`): so who asks
 * knows how many are under way.
 *
 * The serving side waits, too, for what the other one waits for (`wants`). That bytes have come, or
 * the end, is told by coverage and state; only an error has a message of its own (`unmet`). Where
 * bytes have gone before they could be told of, it waits again.
 *
 * Ranges are pairs of starts and ends in one array, half-open, in bytes.
 */
export type Message = ToServer | ToClient;

interface Tagged {
  /** {@link TAG}: the port may carry messages of others, too. */
  readonly tidemark: string;
}

/** What the connecting side sends. */
export type ToServer = Tagged &
  (
    | {
        readonly type: 'hello';
        /** Of this connection: what is of another one is not answered. */
        readonly id: string;
        readonly name: string | undefined;
        /** Bytes: what does not clone them is no port for a view. */
        readonly probe: unknown;
        readonly lock: string | undefined;
      }
    /** Waits have come, and gone. */
    | {
        readonly type: 'wants';
        readonly id: string;
        readonly added: readonly RemoteWant[];
        readonly gone: readonly number[];
      }
    | { readonly type: 'acknowledge'; readonly id: string }
    | ({ readonly type: 'fetch'; readonly id: string } & FetchedRange)
    /** The bytes are not needed any more; they may be under way. */
    | { readonly type: 'unfetch'; readonly id: string; readonly fetch: number }
    | { readonly type: 'bye'; readonly id: string }
  );

/** What the serving side sends. */
export type ToClient = Tagged &
  (
    | { readonly type: 'serving' }
    | { readonly type: 'refused'; readonly id: string; readonly error: PlainError }
    | ({
        readonly type: 'welcome';
        readonly id: string;
        readonly lock: string | undefined;
        readonly ranges: Float64Array;
        /** The longest range that can be waited for at once, in bytes, if there is one. */
        readonly longestWait: number | undefined;
      } & RemoteState)
    | { readonly type: 'coverage'; readonly id: string; readonly removed: Float64Array; readonly added: Float64Array }
    | ({ readonly type: 'state'; readonly id: string } & RemoteState)
    /** A wait has ended with an error. */
    | { readonly type: 'unmet'; readonly id: string; readonly want: number; readonly error: PlainError }
    | {
        readonly type: 'given';
        readonly id: string;
        readonly fetch: number;
        readonly generation: number;
        /** None where they are not covered, or not needed, any more. */
        readonly bytes: Uint8Array;
        readonly error?: PlainError | undefined;
      }
    | { readonly type: 'bye'; readonly id: string }
  );

/** What is known of content beside its coverage. */
export interface RemoteState {
  readonly status: ResourceStatus;
  readonly expectedLength: number | undefined;
  readonly identity: string | undefined;
  /** Changes when content is replaced. */
  readonly generation: number;
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
