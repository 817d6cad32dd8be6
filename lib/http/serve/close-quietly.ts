/** Closes after an error, which is the one to tell. */
export function closeQuietly(view: { close(): void }): void {
  try {
    view.close();
  } catch {
    // See above.
  }
}
