/** A wait as it was asked for: range half-open, in bytes. */
export interface AskedWait {
  readonly start: number;
  readonly end: number;
  /** It makes no demand. */
  readonly passive: boolean;
  /** When its bytes are needed, in epoch milliseconds. */
  readonly neededBy: number | undefined;
  /** The range ends at the known length, as that of a read does: its bytes are copied at once. */
  readonly withinLength?: boolean;
  /** An operator waits, through a channel of its own; it copies at once, too. */
  readonly uninterruptible?: boolean;
  /** Closed once its subscriber has been told, or has left. */
  readonly subscriber: { readonly closed: boolean };
}

/** True for a wait of `waitRange`, whose caller copies later, or never. */
export function isBare({ withinLength, uninterruptible }: AskedWait): boolean {
  return withinLength !== true && uninterruptible !== true;
}
