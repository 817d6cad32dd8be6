/**
 * What views are sent over: a `MessagePort` or a `Worker` of browsers or of Node, a worker's own
 * scope or `parentPort`, Electron's ports, a child process or `process` with
 * `serialization: 'advanced'`. Nothing has to be transferred.
 */
export type PortLike = (
  | {
      /** Sends a message. */
      postMessage(message: unknown): void;
    }
  | {
      /** Sends a message. A process that was not forked has none. */
      send?(message: unknown, callback: () => void): unknown;
    }
) &
  (
    | {
        /** Begins to listen, as in browsers. */
        addEventListener(type: string, listener: object): void;
        /** Ends it. */
        removeEventListener(type: string, listener: object): void;
      }
    | {
        /** Begins to listen, as in Node. */
        on(event: string, listener: object): unknown;
        /** Ends it. */
        off(event: string, listener: object): unknown;
      }
  ) & {
    /** Lets messages in, where a port waits for that. */
    start?(): void;
    /** Left to whoever has made the port. */
    close?(): void;
  };
