import type { ResourceStatus } from '../control/resource-status.js';
import type { Answer } from '../control/wait-outcome.js';
import { StorageError, type StorageErrorDetails } from '../errors/storage-error.js';

/**
 * The status that an answer came from. The resource may have gone on since: an error that says `CLOSED` because a failed resource
 * has been reactivated meanwhile would be a lie.
 */
export function statusBehind(answer: Answer, now: ResourceStatus): ResourceStatus {
  if (answer === 'closed' || answer === 'cancelled') return { state: answer };
  return now.state === 'failed' ? now : { state: 'failed', reason: 'it has been reactivated since' };
}

/** The error for somebody who wanted bytes of a resource that cannot have them any more. */
export function endedError(status: ResourceStatus, asked: string, details: StorageErrorDetails = {}): StorageError {
  switch (status.state) {
    case 'failed':
      return new StorageError(
        'FAILED',
        `${asked}, and those bytes are missing from a resource that failed: ${status.reason.replace(/\.$/, '')}. ` +
          'Covered bytes stay readable; reactivate() it to go on writing.',
        details,
      );
    case 'cancelled':
      return new StorageError(
        'CANCELLED',
        `${asked} of a resource that was cancelled by its signal. Open it anew.`,
        details,
      );
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
