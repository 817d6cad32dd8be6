import { wrongType } from '../errors/invalid-argument.js';
import type { PortLike } from './port-like.js';

/** Ports that end say so by one of these, browsers' not all of them. */
const ENDS = ['close', 'exit', 'disconnect'] as const;

/** One end of a port, whatever that is, for messages of one protocol. */
export class Endpoint<Sent extends object, Received> {
  readonly #port: PortLike;
  readonly #tag: string;
  #stop: (() => void) | undefined;

  /** @param tag - marks the messages of the protocol: the port may carry those of others, too */
  constructor(port: PortLike, tag: string) {
    const given = port as
      Partial<Record<'postMessage' | 'send' | 'addEventListener' | 'on', unknown>> | null | undefined;
    const sends = typeof given?.postMessage === 'function' || typeof given?.send === 'function';
    if (!sends || (typeof given.addEventListener !== 'function' && typeof given.on !== 'function'))
      throw wrongType('port', 'a MessagePort, a Worker, or a child process with a channel', port);
    this.#port = port;
    this.#tag = tag;
  }

  /** True if the port says when the other side has ended, as those of Node do. */
  get tellsEnd(): boolean {
    return 'on' in this.#port;
  }

  /** True if the other side is of this origin, and so has the same Web Locks. */
  get isWithinOrigin(): boolean {
    return typeof BroadcastChannel === 'function' && this.#port instanceof BroadcastChannel;
  }

  /** Begins to listen, until {@link stop}. `ended` is called when the port says that it is over. */
  listen(received: (message: Received) => void, ended: () => void): void {
    const port = this.#port;
    const listener = (event: unknown): void => {
      const message = messageOf(event, this.#tag);
      if (message !== undefined) received(message as Received);
    };
    // Node's first: its ports have both, and hold the process only by this.
    if ('on' in port) {
      port.on('message', listener);
      for (const end of ENDS) port.on(end, ended);
      this.#stop = () => {
        port.off('message', listener);
        for (const end of ENDS) port.off(end, ended);
      };
    } else {
      port.addEventListener('message', listener);
      for (const end of ENDS) port.addEventListener(end, ended);
      this.#stop = () => {
        port.removeEventListener('message', listener);
        for (const end of ENDS) port.removeEventListener(end, ended);
      };
    }
    port.start?.();
    if (hasEnded(port)) queueMicrotask(ended);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Sends a message; nobody may be there to get it. */
  send(message: Sent): void {
    const port = this.#port;
    const tagged = { ...message, tidemark: this.#tag };
    try {
      if ('postMessage' in port) port.postMessage(tagged);
      else port.send?.(tagged, () => undefined);
    } catch {
      // The other side has gone, and its end is told by itself.
    }
  }
}

/** Of a child or a worker that had ended before, Node tells no more. */
function hasEnded(port: PortLike): boolean {
  const { connected, threadId } = port as { readonly connected?: unknown; readonly threadId?: unknown };
  return connected === false || threadId === -1;
}

/** Node gives the message itself, browsers and Electron an event with it. */
function messageOf(event: unknown, tag: string): object | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  const message = 'tidemark' in event ? event : 'data' in event ? event.data : undefined;
  if (typeof message !== 'object' || message === null || !('tidemark' in message)) return undefined;
  return message.tidemark === tag ? message : undefined;
}
