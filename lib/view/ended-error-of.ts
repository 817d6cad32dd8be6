import { endedError } from '../bytes/ended-error.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { StorageError, StorageErrorDetails } from '../errors/storage-error.js';
import type { ResourceView } from './resource-view.js';
import { accessTo } from './access-to.js';

/**
 * Returns the error for a call that needs more of a view that has ended. Its `cause` is what the
 * resource knows: the error that failed it, or the reason of its signal.
 */
export function endedErrorOf(
  view: ResourceView,
  status: ResourceStatus,
  asked: string,
  details: StorageErrorDetails = {},
): StorageError {
  return endedError(status, asked, { ...accessTo(view).errorDetails, ...details });
}
