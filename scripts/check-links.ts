/** Checks the links of every document (*.md): files exist, and so do the headings that anchors name. External links are counted only. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How links are resolved: `textOf` returns a document's text, `isThere` whether a path (relative to the root) exists. */
export interface Tree {
  readonly textOf: (path: string) => string;
  readonly isThere: (path: string) => boolean;
}

/** The repository itself. */
export const REPOSITORY: Tree = {
  textOf: (path) => readFileSync(join(ROOT, path), 'utf8'),
  isThere: (path) => existsSync(join(ROOT, path)),
};

/** Every *.md that is committed or about to be. */
export const documents = (): string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));

const LINK = /\]\(([^)\s]+)\)/g;
const EXTERNAL = /^[a-z][a-z+.-]*:/i;
const withoutCode = (text: string) => text.replace(/^(`{3,}).*?^\1/gms, '');

/** The anchors of a document, as GitHub makes them: of two equal headings the second ends in -1. */
function anchorsOf(text: string): string[] {
  const slugs = [...withoutCode(text).matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  return slugs.map((slug, at) => {
    const before = slugs.slice(0, at).filter((one) => one === slug).length;
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

/** Every broken link as `document: link (what is missing)`, and how many links were checked and how many are external. */
export function checkLinks(paths: readonly string[], { textOf, isThere }: Tree) {
  const links = paths.flatMap((from) =>
    [...withoutCode(textOf(from)).matchAll(LINK)].map(([, link = '']) => ({ from, link })),
  );
  const local = links.filter(({ link }) => !EXTERNAL.test(link));
  const broken = local.flatMap(({ from, link }) => {
    const [file = '', anchor] = link.split('#');
    const path = file === '' ? from : normalize(join(dirname(from), file));
    if (!isThere(path)) return [`${from}: ${link} (no such file)`];
    const isMissing = anchor !== undefined && path.endsWith('.md') && !anchorsOf(textOf(path)).includes(anchor);
    return isMissing ? [`${from}: ${link} (no such heading)`] : [];
  });
  return { broken, checkedCount: local.length, externalCount: links.length - local.length };
}

if (process.argv[1] === import.meta.filename) {
  const paths = documents();
  const { broken, checkedCount, externalCount } = checkLinks(paths, REPOSITORY);
  for (const one of broken) console.error(`Broken: ${one}`);
  console.log(`${paths.length} documents: ${checkedCount} local links checked, ${broken.length} broken.`);
  console.log(`NOT CHECKED: ${externalCount} links to other sites, which would need a network.`);
  if (broken.length > 0) process.exitCode = 1;
}
