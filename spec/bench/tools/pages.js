import { MemDriver, Resource } from 'tidemark';

/** Of the operating system, in bytes. */
export const PAGE = 4096;
const page = new Uint8Array(PAGE).fill(1);

/** A memory resource that holds one page. */
export function openPage() {
  const resource = Resource.open(new MemDriver());
  resource.writeAt(0, page);
  return resource;
}

/** Throws unless the page is there. @param {Resource} resource */
export function verifyPage(resource) {
  const target = new Uint8Array(PAGE);
  if (resource.readAt(0, target) !== PAGE || Buffer.compare(target, page) !== 0) throw new Error('Bytes are missing.');
}
