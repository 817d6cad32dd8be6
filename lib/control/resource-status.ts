/**
 * Where a resource is in its life. Lengths are in bytes.
 *
 * `active` takes writes; `committed` is complete; `failed` keeps its bytes and can be reactivated; `cancelled` (by its
 * `AbortSignal`) and `closed` are final.
 */
export type ResourceStatus =
  | { readonly state: 'active'; readonly expectedLength: number | undefined }
  | { readonly state: 'committed'; readonly finalLength: number }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'cancelled' }
  | { readonly state: 'closed' };

/** The status of whatever is closed; one object, so that nobody hears of it twice. */
export const CLOSED_STATUS: ResourceStatus = { state: 'closed' };
