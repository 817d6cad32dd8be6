/** The most that one chunk holds by default, in bytes. */
export const DEFAULT_CHUNK = 64 * 1024;

/** Bytes after which the event loop gets a turn, however much is there already. */
export const TURN = 2 ** 20;
