/** Another copy of `tidemark/sync`, as a second bundle in one app carries it. */
export async function loadCopy() {
  return import(new URL('/second-copy.js', location.origin).href);
}
