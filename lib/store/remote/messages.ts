import type { PlainError } from '../../errors/plain-error.js';
import type { DownloadOptions } from '../../http/download/download-options.js';
import type { HandshakeToClient, HandshakeToServer } from '../../remote/handshake.js';
import type { ViewToClient, ViewToServer, ViewWelcome } from '../../remote/messages.js';
import type { EntryDownload, StoreChange, StoreEntry, StoreUsage } from '../store-entry.js';
import type { AcquireOptions } from '../store-options.js';

/**
 * What the two sides of a store tell each other, once they have greeted.
 *
 * The serving side sends `welcome`, with all entries, and then what changes of them: before the end
 * of a call, and before a change (`change`), so that who hears of these finds it in the entries.
 * Calls have numbers, and so have leases; what a lease says and hears is that of a view.
 *
 * The serving side may ask, too (`ask`): where a key is. Functions stay where they were given.
 */
export type ToServer = HandshakeToServer | ({ readonly id: string } & StoreToServer);

/** What the serving side sends. */
export type ToClient = HandshakeToClient | ({ readonly id: string } & (StoreWelcome | StoreToClient));

/** What the connecting side says. */
export type StoreToServer =
  | ({ readonly type: 'call'; readonly call: number } & StoreCall)
  /** Its caller has aborted it. */
  | { readonly type: 'cancel'; readonly call: number }
  | { readonly type: 'set-max-bytes'; readonly maxBytes: number | undefined }
  /** Somebody listens to changes, for the so-many-th time; undefined: nobody does any more. */
  | { readonly type: 'listen'; readonly listening: number | undefined }
  | { readonly type: 'view'; readonly lease: number; readonly message: ViewToServer | { readonly type: 'bye' } }
  | {
      readonly type: 'answer';
      readonly ask: number;
      readonly value?: unknown;
      readonly error?: PlainError | undefined;
    };

/** What is called. */
export type StoreCall =
  | { readonly name: 'acquire'; readonly args: readonly [key: string, options: SentOptions]; readonly lease: number }
  | { readonly name: 'download'; readonly args: readonly [key: string, options: SentOptions] }
  | { readonly name: 'pause'; readonly args: readonly [key: string] }
  | {
      readonly name: 'pin';
      readonly args: readonly [key: string, pinned: boolean, options: { until?: number | undefined }];
    }
  | {
      readonly name: 'update';
      readonly args: readonly [key: string, change: Pick<AcquireOptions, 'metadata' | 'group'>];
    }
  | { readonly name: 'remove'; readonly args: readonly [which: string | { group: string }] };

/** A URL, or that there is a function that makes one. */
export type SentUrl = string | typeof ASK;

/** Stands for a function that is to be asked for. */
export const ASK = { ask: true } as const;

/** How to acquire or download; the signal stays where it is. */
export type SentOptions = Omit<AcquireOptions, 'url' | 'signal'> & { readonly url?: SentUrl | undefined };

/** Where a key is, and how to fetch it. */
export type SentSource = Omit<DownloadOptions, 'signal' | 'accept' | 'fetch' | 'headers'> & {
  readonly url: SentUrl;
  readonly headers?: readonly [string, string][];
};

/** An entry; what its error was is sent as plain values. */
export type SentEntry = Omit<StoreEntry, 'download'> & {
  readonly download: (Omit<EntryDownload, 'lastError'> & { readonly lastError?: PlainError }) | undefined;
};

/** What the serving side says first. */
export interface StoreWelcome {
  readonly type: 'welcome';
  /** See `Welcome`. */
  readonly lock: string | undefined;
  readonly entries: readonly SentEntry[];
  readonly usage: StoreUsage;
  readonly strangers: readonly string[];
}

/** What it says then. */
export type StoreToClient =
  | { readonly type: 'entries'; readonly changed: readonly SentEntry[]; readonly gone: readonly string[] }
  /** `settings`: how many `set-max-bytes` it has had from this side. */
  | { readonly type: 'usage'; readonly usage: StoreUsage; readonly settings: number }
  | { readonly type: 'change'; readonly listening: number; readonly change: Omit<StoreChange, 'entry'> }
  | { readonly type: 'done'; readonly call: number; readonly error?: PlainError | undefined }
  | { readonly type: 'view'; readonly lease: number; readonly message: ViewWelcome | ViewToClient }
  | { readonly type: 'ask'; readonly ask: number; readonly what: Question; readonly key: string };

/**
 * - `source`: what its `source` says of a key;
 * - `url`: what the function makes that was given with a call;
 * - `url-of-source`: what the function makes that `source` has returned.
 */
export type Question = 'source' | 'url' | 'url-of-source';

/** The version of all this: both sides load the same one. */
export const TAG = 'store/1';
