import { rangeResponse } from '../http/serve/range-response.js';
import { LifeLock } from '../remote/life-lock.js';
import type { ResourceView } from '../view/resource-view.js';
import { onAbort } from '../waits/abort.js';
import type { AskedAnswer, FromPage, FromWorker } from './media-messages.js';

/** What is answered with. */
export interface ExposedView {
  readonly view: ResourceView;
  readonly contentType: string | undefined;
  /** Fires when it is exposed no more. */
  readonly ended: AbortSignal;
}

/**
 * Answers one request of the service worker over its port, with the bytes of a view; with 404 if
 * there is none.
 *
 * @param lock - the Web Lock that this page holds as long as it is there
 */
export function answerFromPage(
  asked: AskedAnswer,
  port: MessagePort,
  exposed: ExposedView | undefined,
  lock: Promise<string | undefined>,
): void {
  tell(port, { type: 'taken' });
  if (exposed !== undefined) {
    void new Answer(port, exposed).give(asked, lock);
    return;
  }
  tell(port, { type: 'head', status: 404, headers: [], hasBody: false });
  port.close();
}

/** The answer to one request. */
class Answer {
  readonly #port: MessagePort;
  readonly #exposed: ExposedView;
  readonly #abort = new AbortController();
  readonly #life = new LifeLock(true);
  readonly #stop: () => void;
  #body: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;

  constructor(port: MessagePort, exposed: ExposedView) {
    this.#port = port;
    this.#exposed = exposed;
    this.#stop = onAbort(exposed.ended, () => this.#abort.abort());
    port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data === 'pull') void this.#giveBytes();
      else this.#cancel();
    };
  }

  async give({ method, headers: asked, lock }: AskedAnswer, ours: Promise<string | undefined>): Promise<void> {
    // Of a worker that was stopped nobody cancels anything.
    void this.#life.watch(lock, () => this.#cancel(), true);
    const { view, contentType } = this.#exposed;
    const { signal } = this.#abort;
    const request = {
      method,
      headers: new Headers(asked.map(([name, value]): [string, string] => [name, value])),
      signal,
    };
    const headers = contentType === undefined ? undefined : { 'content-type': contentType };
    try {
      const response = await rangeResponse(view, request, { headers });
      this.#body = response.body?.getReader();
      const hasBody = this.#body !== undefined;
      tell(this.#port, {
        type: 'head',
        status: response.status,
        headers: [...response.headers],
        hasBody,
        lock: await ours,
      });
      if (!hasBody) this.#end();
    } catch {
      // The bytes will not come, which the view tells whoever has it; or nobody waits any more.
      tell(this.#port, { type: 'head', status: 502, headers: [], hasBody: false });
      this.#end();
    }
  }

  async #giveBytes(): Promise<void> {
    try {
      const { value } = (await this.#body?.read()) ?? {};
      tell(this.#port, value === undefined ? { type: 'end' } : { type: 'bytes', bytes: value });
      if (value === undefined) this.#end();
    } catch (error) {
      tell(this.#port, { type: 'error', message: error instanceof Error ? error.message : String(error) });
      this.#end();
    }
  }

  #cancel(): void {
    this.#abort.abort();
    this.#end();
  }

  #end(): void {
    this.#stop();
    this.#life.release();
    this.#port.close();
  }
}

function tell(port: MessagePort, message: FromPage): void {
  port.postMessage(message);
}
