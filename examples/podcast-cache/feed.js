// What a feed says of its episodes, as far as it is needed here.

/** @typedef {{ key: string, title: string, url: string }} Episode */

/**
 * @param {string} address
 * @returns {Promise<Episode[]>} the newest first, as feeds have them
 */
export async function readFeed(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
  const text = await response.text();
  const episodes = [];
  for (const [item] of text.matchAll(/<item\b[\s\S]*?<\/item>/g)) {
    const url = /<enclosure\b[^>]*\burl="([^"]+)"/.exec(item)?.[1]?.replaceAll('&amp;', '&');
    const title = /<title>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?<\/title>/.exec(item)?.[1] ?? 'untitled';
    // The address of an episode may change, its guid does not.
    const key = /<guid\b[^>]*>(.*?)<\/guid>/.exec(item)?.[1] ?? url;
    if (url !== undefined && key !== undefined) episodes.push({ key, title, url });
  }
  return episodes;
}
