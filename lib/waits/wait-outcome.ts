/**
 * How a wait for a range ended.
 *
 * - `Ready`: every byte of it is there (up to the final length, once committed).
 * - `Eof`: the content is complete, and the range starts at or behind its end.
 * - `Interrupted`: somebody asked this reader to look elsewhere (a seek); waiting again is fine.
 */
export const WaitOutcome = {
  Ready: 'ready',
  Eof: 'eof',
  Interrupted: 'interrupted',
} as const;

/** See {@link WaitOutcome:variable}. */
export type WaitOutcome = (typeof WaitOutcome)[keyof typeof WaitOutcome];

/**
 * How a wait stands: its outcome, what ends it with an error, or that error, or that it is pending.
 */
export type WaitState = 'ready' | 'eof' | 'failed' | 'cancelled' | 'closed' | 'pending' | Error;
