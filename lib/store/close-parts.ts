import type { Parts } from './parts.js';

/**
 * Ends all leases and downloads, makes everything durable, and closes the backend. Rejects with
 * what could not be made durable.
 *
 * @param stop - stops what else acts by itself
 */
export async function closeParts(parts: Parts, stop: () => void): Promise<void> {
  const { backend, catalog, contents, downloads, durability, publications, quota } = parts;
  const refusals: unknown[] = [];
  quota.close();
  publications.together(() => {
    downloads.close();
    stop();
    for (const item of catalog.items.values()) {
      try {
        for (const lease of [...item.leases]) lease.close();
        contents.abandon(item);
        contents.close(item);
      } catch (error) {
        refusals.push(error);
      }
    }
  });
  try {
    await durability.flush();
  } catch (error) {
    refusals.push(error);
  } finally {
    durability.close();
    publications.close();
    await backend.close();
  }
  for (const refusal of refusals) throw refusal as Error;
}
