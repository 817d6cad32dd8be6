/**
 * What a page and its service worker tell each other.
 *
 * The page greets the worker (`hello`, with a port), and is told its own id, which its addresses
 * have in them. For each request the worker asks the page of that id (`answer`, with a port for
 * this request alone). The page says at once that it is there (`taken`), then how it answers
 * (`head`), and gives the next bytes whenever the worker pulls. So the worker keeps nothing that it
 * would lose when the browser stops it.
 */

/** The version of all this. Other messages may come the same ways. */
export const TAG = 'media/1';

/** Below the scope of the worker, in front of the id of a page. */
export const FOLDER = 'tidemark-media/';

/** What the page asks of the worker: how it is called. */
export interface Hello {
  readonly tidemark: typeof TAG;
  readonly type: 'hello';
  /** No worker controls it: this one is to. */
  readonly isFree: boolean;
}

/** What the worker answers by the port of the {@link Hello}. */
export interface Welcome {
  /** The id of the page. */
  readonly page: string;
}

/** What the worker asks of the page that has exposed an address. */
export interface AskedAnswer {
  readonly tidemark: typeof TAG;
  readonly type: 'answer';
  /** Which of the views of the page it is. */
  readonly key: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  /** A Web Lock that the worker holds as long as it runs; undefined where there are none. */
  readonly lock: string | undefined;
}

/** What the page tells of one request. */
export type FromPage =
  | { readonly type: 'taken' }
  | {
      readonly type: 'head';
      readonly status: number;
      readonly headers: readonly (readonly [string, string])[];
      readonly hasBody: boolean;
      /** A Web Lock that the page holds as long as it is there; undefined where there are none. */
      readonly lock?: string | undefined;
    }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly message: string };

/** What the worker tells of it: the next bytes are wanted, or none. */
export type FromWorker = 'pull' | 'cancel';

/** True for a message of the type that is asked for. */
export function isMessage<M extends Hello | AskedAnswer>(data: unknown, type: M['type']): data is M {
  if (typeof data !== 'object' || data === null) return false;
  const { tidemark, type: found } = data as Partial<M>;
  return tidemark === TAG && found === type;
}
