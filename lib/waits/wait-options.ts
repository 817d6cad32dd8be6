/** How to wait for a range. */
export interface WaitOptions {
  /**
   * When the bytes are needed, in epoch milliseconds: orders the demand, nearest first. `@default`
   * none, which comes last
   */
  readonly neededBy?: number | undefined;
  /** Wait without asking for the bytes: no demand is made. `@default` false */
  readonly passive?: boolean | undefined;
}
