import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Without code: a link in there is none, and neither is a heading. */
function proseOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
}

/**
 * The anchors of a page, as GitHub makes them: lower case, without punctuation, a repeated one with
 * a number.
 */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(file).matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The relative links of a page that lead nowhere. */
function brokenLinksOf(file: string): string[] {
  const targets = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const linked = path === '' ? file : resolve(dirname(file), path);
    return !existsSync(linked) || (anchor !== undefined && !anchorsOf(linked).has(anchor));
  });
}

describe('the links of the documentation', () => {
  const examples = readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}`);
  const pages = ['.', 'docs', 'docs/guides', ...examples].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(ROOT, folder, name)),
  );

  it('lead to files and headings that are there', () => {
    const broken = pages.flatMap((page) => brokenLinksOf(page).map((link) => `${relative(ROOT, page)}: ${link}`));
    expect(broken).toEqual([]);
  });

  it('reach every page from the README', () => {
    const reached = new Set<string>();
    const follow = (page: string): void => {
      if (reached.has(page)) return;
      reached.add(page);
      for (const [, path = ''] of proseOf(page).matchAll(/\]\((?![a-z]+:)([^)\s#]+\.md)[^)]*\)/g)) {
        follow(resolve(dirname(page), path));
      }
    };
    follow(resolve(ROOT, 'README.md'));
    expect(pages.filter((page) => !reached.has(page)).map((page) => relative(ROOT, page))).toEqual([]);
  });
});
