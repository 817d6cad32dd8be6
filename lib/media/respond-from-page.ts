import { wrongType } from '../errors/invalid-argument.js';
import { LifeLock } from '../remote/life-lock.js';
import { onAbort } from '../waits/abort.js';
import {
  type AskedAnswer,
  FOLDER,
  type FromPage,
  type FromWorker,
  type Hello,
  isMessage,
  TAG,
} from './media-messages.js';

/** What is used of a `FetchEvent`, which TypeScript's types of a page have not. */
interface FetchedEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** What is used of a `Client`. */
interface PageClient {
  readonly id: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** What is used of an `ExtendableMessageEvent`. */
interface WorkerMessage {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
  readonly source: PageClient | null;
  waitUntil(work: Promise<unknown>): void;
}

/** What is used of a `ServiceWorkerGlobalScope`. */
interface WorkerScope {
  readonly registration?: { readonly scope: string };
  readonly clients: { get(id: string): Promise<PageClient | undefined>; claim(): Promise<void> };
  addEventListener(type: 'fetch', listener: (event: Event) => void): void;
  addEventListener(type: 'message', listener: (event: WorkerMessage) => void): void;
}

/**
 * How long a page may take to say that it is there, in milliseconds. It answers from its event
 * loop, before it looks for any bytes.
 */
const THERE_WITHIN = 10_000;

const scope = globalThis as unknown as WorkerScope;
const life = new LifeLock(true);
/** Of the lock that tells pages when this worker was stopped. */
let lockName: Promise<string | undefined> | undefined;
/** The events that were answered: a worker's own listener may ask for one, too. */
const answered = new WeakSet<FetchedEvent>();

/**
 * Answers a request for an address of `serveMedia`, in a service worker; returns false for any
 * other, which it leaves alone.
 *
 * The bytes come from the page that has exposed the address. The worker keeps nothing of them, and
 * may be stopped at any time. A page that is gone is 404, one that does not say within ten seconds
 * that it is there is 504; how long the bytes may take has no bound.
 *
 * To import `tidemark/service-worker` is enough in a worker that does nothing else. In your own,
 * call this first in its listener.
 *
 * Throws a `TypeError` for what is no `FetchEvent`.
 *
 * @example
 * ```ts
 * import { respondFromPage } from 'tidemark/service-worker';
 *
 * addEventListener('fetch', (event) => {
 *   if (respondFromPage(event)) return;
 *   // Yours.
 * });
 * ```
 */
export function respondFromPage(event: Event): boolean {
  const { request, respondWith } = ((event as unknown) ?? {}) as { request?: { url?: unknown }; respondWith?: unknown };
  if (typeof request?.url !== 'string' || typeof respondWith !== 'function')
    throw wrongType('event', 'a FetchEvent', event);
  const fetched = event as unknown as FetchedEvent;
  if (answered.has(fetched)) return true;
  const asked = askedIn(fetched.request.url);
  if (asked === undefined) return false;
  answered.add(fetched);
  fetched.respondWith(respond(fetched.request, asked));
  return true;
}

/** Has this worker answer, and control the pages that ask it to. */
export function listenInWorker(): void {
  // It may have been imported somewhere else, by mistake or for its types.
  if (scope.registration === undefined) return;
  scope.addEventListener('fetch', (event) => {
    respondFromPage(event);
  });
  scope.addEventListener('message', (event) => {
    const { data, source, ports } = event;
    if (!isMessage<Hello>(data, 'hello') || source === null) return;
    // A new page, or one that was reloaded past the cache.
    const claimed = data.isFree ? scope.clients.claim() : Promise.resolve();
    event.waitUntil(claimed.then(() => ports[0]?.postMessage({ page: source.id })));
  });
}

interface AskedView {
  readonly page: string;
  readonly key: string;
}

function askedIn(url: string): AskedView | undefined {
  if (scope.registration === undefined) return undefined;
  const folder = new URL(FOLDER, scope.registration.scope).href;
  if (!url.startsWith(folder)) return undefined;
  const [page = '', key = ''] = url.slice(folder.length).split(/[/?#]/);
  return { page, key };
}

async function respond(request: Request, { page, key }: AskedView): Promise<Response> {
  const client = await scope.clients.get(page);
  if (client === undefined) return new Response('The page that had this is gone.', { status: 404 });
  const { port1, port2 } = new MessageChannel();
  const { method, headers } = request;
  const lock = await (lockName ??= life.hold());
  const asked: AskedAnswer = { tidemark: TAG, type: 'answer', key, method, headers: [...headers], lock };
  client.postMessage(asked, [port2]);
  return new PageAnswer(port1, request.signal).response;
}

/** The answer to one request, as the page gives it. */
class PageAnswer {
  readonly response: Promise<Response>;
  readonly #port: MessagePort;
  readonly #timer: ReturnType<typeof setTimeout>;
  /** Tells when the page has gone in the middle of a body: another page may be reading it. */
  readonly #life = new LifeLock(true);
  #resolve: (response: Response) => void = () => undefined;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  /** Ends a pull. */
  #pulled: () => void = () => undefined;

  constructor(port: MessagePort, signal: AbortSignal) {
    this.#port = port;
    this.response = new Promise((resolve) => (this.#resolve = resolve));
    this.#timer = setTimeout(() => {
      this.#resolve(new Response('The page that has this does not answer.', { status: 504 }));
      this.#cancel();
    }, THERE_WITHIN);
    port.onmessage = ({ data }: MessageEvent<FromPage>) => this.#received(data);
    // A body is cancelled; before there is one, only this tells.
    onAbort(signal, () => this.#cancel());
  }

  #received(message: FromPage): void {
    clearTimeout(this.#timer);
    switch (message.type) {
      case 'taken':
        break;
      case 'head': {
        const { status, headers, hasBody, lock } = message;
        const init = { status, headers: headers.map(([name, value]): [string, string] => [name, value]) };
        this.#resolve(new Response(hasBody ? this.#body() : null, init));
        if (hasBody) void this.#life.watch(lock, () => this.#fail('The page that had this is gone.'), true);
        else this.#end();
        break;
      }
      case 'bytes':
        this.#controller?.enqueue(message.bytes);
        this.#pulled();
        break;
      case 'end':
        this.#controller?.close();
        this.#end();
        break;
      case 'error':
        this.#fail(message.message);
    }
  }

  #body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#tell('pull');
          return new Promise((resolve) => (this.#pulled = resolve));
        },
        cancel: () => this.#cancel(),
      },
      // Nothing is asked for ahead of who plays.
      { highWaterMark: 0 },
    );
  }

  #fail(message: string): void {
    this.#controller?.error(new TypeError(message));
    this.#end();
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#tell('cancel');
    // Where there is no answer yet, nobody gets this one.
    this.#resolve(Response.error());
    this.#end();
  }

  #end(): void {
    this.#controller = undefined;
    this.#pulled();
    this.#life.release();
    this.#port.close();
  }

  #tell(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
