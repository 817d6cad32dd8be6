// Loaded before an example that runs in a test: the songs that it downloads come from a server on
// this machine (`song-server.ts`).

const PUBLIC = 'https://cdn.jsdelivr.net/npm/audio-lena@3.0.1/';
const SONGS = process.env.SONGS ?? '';
const platformFetch = globalThis.fetch;

/** @type {typeof fetch} */
const fetchSongs = (resource, init) => {
  const url = resource instanceof Request ? resource.url : String(resource);
  return platformFetch(url.startsWith(PUBLIC) ? SONGS + url.slice(PUBLIC.length) : resource, init);
};
globalThis.fetch = fetchSongs;
