import { checkOptionNames } from '../errors/check-option-names.js';
import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import { checkView } from '../operators/checks.js';
import { LifeLock, randomName } from '../remote/life-lock.js';
import type { ResourceView } from '../view/resource-view.js';
import { onAbort } from '../waits/abort.js';
import { type AskedAnswer, FOLDER, type Hello, isMessage, TAG, type Welcome } from './media-messages.js';
import { answerFromPage, type ExposedView } from './page-answer.js';

/** How long the worker may take to control the page, in milliseconds. */
const CONTROLLED_WITHIN = 5000;

/** How {@link serveMedia} serves. */
export interface ServeMediaOptions {
  /**
   * The address of the service worker's script, which imports `tidemark/service-worker`. The worker
   * is for pages in the folder of the script, and below.
   */
  readonly worker: string | URL;
  /** What kind of script it is: a `module` may have imports. `@default` 'classic' */
  readonly type?: 'classic' | 'module' | undefined;
}

/** How {@link ServedMedia.expose} exposes a view. */
export interface ExposeOptions {
  /** The `Content-Type` of the answers. `@default` that of a lease, else a general one */
  readonly contentType?: string | undefined;
  /** Close the view, too, when it is exposed no more. `@default` false */
  readonly close?: boolean | undefined;
}

/** A view that has an address. Made by {@link ServedMedia.expose}. */
export interface ExposedMedia {
  /** For the `src` of an `<audio>` or `<video>` of this page, or `fetch`. */
  readonly url: string;
  /** Ends it: the address is 404, and bodies that are under way end with an error. Idempotent. */
  close(): void;
}

/** What {@link serveMedia} resolves to. */
export interface ServedMedia {
  /**
   * Gives a view an address, as long as this page is there. A `Resource`, a reader, a remote view:
   * wherever the owner lives.
   *
   * Throws `INVALID_ARGUMENT`, or a `TypeError` for what TypeScript rejects.
   */
  expose(view: ResourceView, options?: ExposeOptions): ExposedMedia;
}

/**
 * Lets media elements of this page play from views that are still filling, by a service worker.
 *
 * `<audio>` and `<video>` ask for ranges, and are answered as `rangeResponse` does. What they
 * wait for is a demand of the view, and is withdrawn when they seek elsewhere. The worker keeps
 * nothing: when the browser has stopped it, the next request starts it again, and it asks the page
 * again.
 *
 * Rejects with `UNSUPPORTED`, and the reason, where there are no service workers (plain `http:`, a
 * worker, a private window of some browsers), where the script cannot be registered, and where it
 * does not control this page within five seconds. Rejects with `INVALID_ARGUMENT`, or a `TypeError`
 * for what TypeScript rejects.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 * import { serveMedia } from 'tidemark/browser';
 * import { download } from 'tidemark/http';
 *
 * const resource = Resource.open(new MemDriver());
 * download(resource, '/song.flac').subscribe({ error: console.error });
 *
 * const media = await serveMedia({ worker: '/sw.js' });
 * const { url } = media.expose(resource, { contentType: 'audio/flac' });
 * const audio = new Audio(url);
 * audio.controls = true;
 * document.body.append(audio);
 * ```
 */
export async function serveMedia(options: ServeMediaOptions): Promise<ServedMedia> {
  const { worker, type } = checked(options);
  // Only pages have it, and not all of them.
  const { navigator } = globalThis as { navigator?: { serviceWorker?: ServiceWorkerContainer } };
  const container = navigator?.serviceWorker;
  if (container === undefined) throw unsupported('there are none here: only a page on https: or localhost has them');
  await registered(container, worker, type);
  const served = new Media(await controlledPage(container));
  container.addEventListener('message', (event) => served.received(event));
  container.startMessages();
  return served;
}

class Media implements ServedMedia {
  readonly #folder: string;
  /** In front of its keys: another one may serve this page, too. */
  readonly #name = randomName();
  readonly #lock = new LifeLock(true).hold();
  readonly #exposed = new Map<string, ExposedView>();
  #count = 0;

  /** @param folder - of the addresses of this page */
  constructor(folder: string) {
    this.#folder = folder;
  }

  expose(view: ResourceView, options: ExposeOptions = {}): ExposedMedia {
    checkView(view);
    checkOptionNames(options, ['contentType', 'close']);
    const { contentType, close = false } = options;
    if (contentType !== undefined && typeof contentType !== 'string')
      throw wrongType('contentType', 'a string', contentType);
    if (typeof close !== 'boolean') throw wrongType('close', 'a boolean', close);
    this.#count += 1;
    const key = `${this.#name}-${this.#count}`;
    const ended = new AbortController();
    this.#exposed.set(key, { view, contentType, ended: ended.signal });
    return {
      url: `${this.#folder}${key}`,
      close: () => {
        if (!this.#exposed.delete(key)) return;
        ended.abort();
        if (close) view.close();
      },
    };
  }

  received({ data, ports }: MessageEvent<unknown>): void {
    const [port] = ports;
    if (port === undefined || !isMessage<AskedAnswer>(data, 'answer') || !data.key.startsWith(`${this.#name}-`)) return;
    answerFromPage(data, port, this.#exposed.get(data.key), this.#lock);
  }
}

function checked(options: ServeMediaOptions): Required<ServeMediaOptions> {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null)
    throw invalidArgument('the options', "an object with a worker ({ worker: '/sw.js' }, say)", given);
  checkOptionNames(options, ['worker', 'type']);
  const { worker, type = 'classic' } = options;
  if (typeof worker !== 'string' && !((worker as unknown) instanceof URL))
    throw wrongType('worker', 'the address of a script', worker);
  if (!['classic', 'module'].includes(type)) throw invalidArgument('type', 'classic or module', type);
  return { worker, type };
}

async function registered(
  container: ServiceWorkerContainer,
  worker: string | URL,
  type: WorkerType,
): Promise<ServiceWorkerRegistration> {
  try {
    return await container.register(worker, { type });
  } catch (cause) {
    throw unsupported(`${String(worker)} cannot be registered; the cause says why`, cause);
  }
}

/** Resolves to the folder of this page's addresses, once a worker controls it. */
async function controlledPage(container: ServiceWorkerContainer): Promise<string> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), CONTROLLED_WITHIN);
  try {
    // Of the worker that controls this page: it may have another scope than the one that was given.
    const { active, scope } = await until(
      container.ready,
      late.signal,
      'it has no active worker: is its script above this page?',
    );
    const { page } = await until(
      greet(active, container.controller === null),
      late.signal,
      'it does not answer: does it import tidemark/service-worker, or is an older one still active?',
    );
    const controlled = new Promise((resolve) =>
      container.addEventListener('controllerchange', resolve, { once: true }),
    );
    if (container.controller === null) await until(controlled, late.signal, 'it does not control this page');
    return new URL(`${FOLDER}${page}/`, scope).href;
  } finally {
    clearTimeout(timer);
  }
}

function greet(worker: ServiceWorker | null, isFree: boolean): Promise<Welcome> {
  const { port1, port2 } = new MessageChannel();
  const hello: Hello = { tidemark: TAG, type: 'hello', isFree };
  worker?.postMessage(hello, [port2]);
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<Welcome>) => {
      port1.close();
      resolve(data);
    };
  });
}

/** Rejects when `late` fires first. */
function until<T>(work: Promise<T>, late: AbortSignal, otherwise: string): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      onAbort(late, () => reject(unsupported(`within ${CONTROLLED_WITHIN / 1000} s ${otherwise}`)));
    }),
  ]);
}

function unsupported(found: string, cause?: unknown): StorageError {
  return new StorageError(
    'UNSUPPORTED',
    `Asked to serve media by a service worker, and ${found}. Play from a Blob of the whole content elsewhere.`,
    { cause },
  );
}
