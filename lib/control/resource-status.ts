/**
 * Where a resource is in its life. Lengths are in bytes.
 *
 * `active` takes writes; `committed` is complete; `failed` keeps its bytes and can be reactivated;
 * `cancelled` (by its `AbortSignal`) and `closed` are final.
 */
export type ResourceStatus =
  | { readonly state: 'active'; readonly expectedLength: number | undefined }
  | { readonly state: 'committed'; readonly finalLength: number }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'cancelled' }
  | { readonly state: 'closed' };

/**
 * The status of everything that is closed. It is one object, so that no subscriber gets it twice.
 */
export const CLOSED_STATUS: ResourceStatus = { state: 'closed' };
