import type { ResourceStatus } from '../control/resource-status.js';
import { StorageError, type StorageErrorDetails } from '../errors/storage-error.js';
import type { WaitState } from '../waits/wait-outcome.js';

/**
 * Returns the error for a wait for `[start, end)` that ends without an outcome.
 *
 * It is the error of `state`, even if the status has changed since: a wait that a failure has ended
 * says `FAILED` also when the resource was reactivated, or closed, meanwhile.
 */
export function waitError(
  state: WaitState,
  now: ResourceStatus,
  start: number,
  end: number,
  details: StorageErrorDetails = {},
): Error {
  if (typeof state === 'object') return state;
  return endedError(statusBehind(state, now), `Waited for [${start}, ${end})`, { ...details, range: { start, end } });
}

function statusBehind(state: string, now: ResourceStatus): ResourceStatus {
  if (state === 'closed' || state === 'cancelled') return { state };
  return now.state === 'failed' ? now : { state: 'failed', reason: 'reactivated since' };
}

/** Returns the error of a read that an interrupt has ended. */
export function interruptedError(start: number, end: number): StorageError {
  return new StorageError(
    'INTERRUPTED',
    `Waited for [${start}, ${end}), and was interrupted (a seek). Read again, or elsewhere.`,
    { range: { start, end } },
  );
}

/** Returns the error for a call that this status does not allow; `asked` begins the message. */
export function endedError(status: ResourceStatus, asked: string, details: StorageErrorDetails = {}): StorageError {
  switch (status.state) {
    case 'failed':
      return new StorageError(
        'FAILED',
        `${asked}, and bytes are missing of a resource that failed: ${status.reason.replace(/\.$/, '')}. ` +
          'reactivate() it to go on writing.',
        details,
      );
    case 'cancelled':
      return new StorageError('CANCELLED', `${asked} of a resource that its signal cancelled. Open it anew.`, details);
    case 'committed':
      return new StorageError(
        'READ_ONLY',
        `${asked} of a resource that is committed with ${status.finalLength} bytes. reactivate() it to write again.`,
        details,
      );
    default:
      return new StorageError('CLOSED', `${asked} of something that is closed. Open it anew.`, details);
  }
}
