/** What sends: by one of the two. */
type Sends =
  | { postMessage(message: unknown): void }
  // A process has no `send` where it was not forked.
  | { send?(message: unknown, callback: () => void): unknown };

/** What tells of messages: by one of the two. */
type Listens =
  | {
      addEventListener(type: string, listener: object): void;
      removeEventListener(type: string, listener: object): void;
    }
  | { on(event: string, listener: object): unknown; off(event: string, listener: object): unknown };

/**
 * What views are sent over: a `MessagePort` or a `Worker` of browsers or of Node, a worker's own
 * scope or `parentPort`, Electron's ports, a child process or `process` with
 * `serialization: 'advanced'`. Nothing has to be transferred.
 */
export type PortLike = Sends & Listens & { start?(): void; close?(): void };
