/**
 * Threads of a suite that the page starts in its place. In Firefox 153 the event loop of a worker
 * stops now and then when it terminates workers of its own: some of the core's specs hang.
 */

/** What a suite asks of its page, with a port. */
export interface ThreadRequest {
  readonly type: 'thread';
  /** Of its script. */
  readonly address: string;
}

/** What goes to the thread by the port. */
type ToThread = { readonly message: unknown } | 'terminate';
/** What comes from it. */
type FromThread = { readonly message: unknown } | { readonly error: string };

/** In the page: starts a thread, and passes on what it and the suite tell each other. */
export function startThread({ address }: ThreadRequest, port: MessagePort | undefined): void {
  if (port === undefined) throw new Error('A thread was asked for without a port.');
  const worker = new Worker(address, { type: 'module' });
  const tell = (told: FromThread): void => port.postMessage(told);
  worker.addEventListener('message', ({ data }) => tell({ message: data }));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    tell({ error: event.message });
  });
  port.addEventListener('message', ({ data }: MessageEvent<ToThread>) => {
    if (data === 'terminate') worker.terminate();
    else worker.postMessage(data.message);
  });
  port.start();
}

/** In a suite: what is used of a `Worker`, over one that the page has. */
export class PageThread extends EventTarget {
  readonly #port: MessagePort;

  constructor(address: URL) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<FromThread>) => {
      const event =
        'error' in data
          ? new ErrorEvent('error', { message: data.error, cancelable: true })
          : new MessageEvent('message', { data: data.message });
      this.dispatchEvent(event);
    };
    const request: ThreadRequest = { type: 'thread', address: address.href };
    (globalThis as unknown as Worker).postMessage(request, [port2]);
  }

  postMessage(message: unknown): void {
    this.#tell({ message });
  }

  terminate(): void {
    this.#tell('terminate');
  }

  #tell(told: ToThread): void {
    this.#port.postMessage(told);
  }
}
