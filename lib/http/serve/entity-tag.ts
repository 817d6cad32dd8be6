/**
 * An entity tag as RFC 9110 has it (section 8.8.3): a quoted string of visible characters, weak
 * with `W/` before it.
 */
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const TAGS = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** The entity tag that says the same as a resource's identity, which mostly is one. */
export function toEntityTag(identity: string | undefined): string | undefined {
  if (identity === undefined || ENTITY_TAG.test(identity)) return identity;
  const escape = (unit: string): string => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${identity.replace(/[^\x21\x23-\x24\x26-\x7e]/g, escape)}"`;
}

/**
 * Whether a list in `If-Match` or `If-None-Match` names `tag`; `strong`: byte for byte the same
 * content.
 */
export function lists(header: string, tag: string | undefined, strong: boolean): boolean {
  if (header.trim() === '*') return true;
  return (header.match(TAGS) ?? []).some((listed) => same(listed, tag, strong));
}

/** Whether two identities say the same of the content, weak or strong. */
export function isSameVersion(one: string | undefined, other: string | undefined): boolean {
  const tag = toEntityTag(one);
  return tag !== undefined && same(tag, toEntityTag(other), false);
}

function same(one: string, other: string | undefined, strong: boolean): boolean {
  if (strong) return one === other && !one.startsWith('W/');
  return one.replace(/^W\//, '') === other?.replace(/^W\//, '');
}
