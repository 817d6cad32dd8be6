/**
 * Bytes of the block that holds what a resource knows of its ranges; only a handle knows it, and
 * none of it is public.
 *
 * @param {import('tidemark').Resource} resource
 */
export function sharedBlock(resource) {
  const port = resource.createPort();
  const { control } = /** @type {{ control: SharedArrayBuffer }} */ (/** @type {unknown} */ (port.handle));
  port.close();
  return control.byteLength;
}
