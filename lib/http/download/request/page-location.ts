/**
 * Where the page or the worker is; elsewhere there is no such thing, and neither CORS nor a cache
 * of answers.
 */
export function pageLocation(): { readonly href: string; readonly origin: string } | undefined {
  return (globalThis as { location?: Location }).location;
}

/** Whether a page asks a server that is not its own, and CORS has a say. */
export function isForeign(address: string): boolean {
  const page = pageLocation();
  return page !== undefined && page.origin !== new URL(address).origin;
}
