import { throwError } from 'rxjs';

/**
 * Calls one subscriber. What the call throws is reported as RxJS reports every unhandled error
 * (`config.onUnhandledError`, else thrown in a task of its own), so the next subscriber is called
 * all the same.
 *
 * RxJS catches what a callback throws, but not what a teardown throws (`finalize`, say). That comes
 * as an `UnsubscriptionError` out of the `complete` or `error` that ended the subscription, or out
 * of the `next` at which an operator ended it.
 */
export function callOut(notification: () => void): void {
  try {
    notification();
  } catch (error) {
    // Without an error callback this is RxJS's own way to report.
    throwError(() => error).subscribe();
  }
}
