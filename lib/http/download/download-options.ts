import type { ByteRange } from '../../range/byte-range.js';

/** How often and when a request is made again that failed. */
export interface RetryOptions {
  /**
   * How many failures in a row, without a byte in between, are made good by trying again: as many
   * as a minute of refusals takes. `@default` 10
   */
  readonly count?: number | undefined;
  /**
   * How long to wait before the first time, in milliseconds; twice as long each time after, less a
   * random part of up to a half. `@default` 500
   */
  readonly delay?: number | undefined;
  /**
   * The longest wait, in milliseconds, of those that the server has not asked for (`Retry-After`).
   * `@default` 30000
   */
  readonly maxDelay?: number | undefined;
  /**
   * For how long a server that fails is tried again, in milliseconds since the last new byte. A
   * `Retry-After` longer than what is left of it is an error at once. Time in which nothing is
   * asked for, or in a queue, does not count. `@default` 120000
   */
  readonly patience?: number | undefined;
}

type RequestHeaders = ConstructorParameters<typeof Headers>[0];

/** An answer, as {@link DownloadOptions.accept} sees it. */
export interface DownloadAnswer {
  /** 200 to 299. */
  readonly status: number;
  /** Those that a page may see, if it comes from another origin. */
  readonly headers: Headers;
  /** Where it came from in the end. */
  readonly url: string;
}

/** How {@link download} downloads. */
export interface DownloadOptions {
  /**
   * The most requests at once. Reading ahead takes one, so that bytes come in order, and the next
   * when that is about to end; the others serve those who wait elsewhere. `@default` 4
   */
  readonly concurrency?: number | undefined;
  /**
   * The most bytes in one request. Requests are as long as the rate makes sensible: about a
   * second's worth, and 1 MiB at least; 1 MiB while several places are waited for.
   * `@default` 67108864
   */
  readonly chunkSize?: number | undefined;
  /**
   * How far to read ahead of what was last waited for, in bytes; when that is there it idles until
   * somebody waits. Where a server has no ranges its answer is not read on meanwhile. Into a
   * window, it reads no further ahead than there is room for, either.
   * `@default` Infinity: everything
   */
  readonly readAhead?: number | undefined;
  /**
   * The part to download, half-open, in bytes: the first half minute, say. The download completes
   * when that is there, and commits only if everything is. Nothing else is asked for or written,
   * even if somebody waits for it. `@default` everything
   */
  readonly range?: ByteRange | undefined;
  /** What becomes of requests that fail; false or 0: the first failure ends the download. */
  readonly retry?: false | number | RetryOptions | undefined;
  /**
   * How long to wait for an answer, for each next byte of it, and for a `url` function, in
   * milliseconds. `@default` 30000
   */
  readonly timeout?: number | undefined;
  /**
   * The least that a request has to bring that somebody waits for, in bytes a second, over 5
   * seconds or over `ms` milliseconds; 0: nothing. One that brings less is given up, and made
   * again, if that promises more: the last other request to that origin was ten times faster, or
   * there was none yet. Not for passes without ranges, and not for {@link DownloadOptions.live}.
   * `@default` 1000
   */
  readonly minRate?:
    | number
    | {
        /** How many bytes a second. `@default` 1000 */
        readonly bytesPerSecond?: number | undefined;
        /** Over how many milliseconds. `@default` 5000 */
        readonly ms?: number | undefined;
      }
    | undefined;
  /**
   * Aborting it ends the download with `CANCELLED`, its reason as the `cause`, and leaves the
   * resource active.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The content has no end that is known and cannot be asked for again, as that of an internet
   * radio. It is appended where the last byte stands; a connection that breaks is made again, and
   * appending goes on (`DownloadProgress.reconnectedAt`). An answer that ends cleanly is the end.
   *
   * Into a window it needs `keep: 'latest'`, and nothing else goes into such a one. There the end
   * is told by `expectedLength`, and committed only if no byte has gone.
   *
   * `concurrency`, `chunkSize`, `readAhead` and `trustLength` mean nothing to it. `@default` false
   */
  readonly live?: boolean | undefined;
  /**
   * Headers of each request, beside those that it makes itself (`Range`, `If-Range`,
   * `If-None-Match`, `Accept-Encoding`); a function is called for each, with the URL that it goes
   * to. `Authorization`, `Cookie` and `Proxy-Authorization` go to no other origin than that of the
   * `url`, wherever redirects lead.
   */
  readonly headers?: RequestHeaders | ((url: URL) => RequestHeaders);
  /**
   * Which answers are believed: called for each with a status of 2xx, before anything of it is. An
   * answer that it returns false for is a failure that is retried. For what cannot be told
   * otherwise: that the very first answer is the log-in page of a hotel's network. `@default` all
   */
  readonly accept?: ((answer: DownloadAnswer) => boolean) | undefined;
  /**
   * Ask, for content that is committed already, whether it is still what the server has: the
   * download completes if it is, errors with `CHANGED` if it is not, and fetches nothing else.
   * `@default` false
   */
  readonly revalidate?: boolean | undefined;
  /** Makes the requests. `@default` the platform's `fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Commit when everything is there. `@default` true */
  readonly commit?: boolean | undefined;
  /** What becomes of an active resource when the download ends with an error. `@default` 'fail' */
  readonly onError?: 'fail' | 'leave' | undefined;
  /**
   * Tell versions by their length alone, whatever ETag and `Last-Modified` say: for servers behind
   * one name of which each has its own, and to go on with bytes of unknown version. `@default`
   * false
   */
  readonly trustLength?: boolean | undefined;
}
