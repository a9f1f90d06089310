import { expect, it } from 'vitest';
import { checkLinks, documents, REPOSITORY } from '../../scripts/check-links.ts';

it('no document links to a file or heading that does not exist', () => {
  expect(documents()).toContain('README.md');
  const { broken, checkedCount } = checkLinks(documents(), REPOSITORY);
  expect(broken).toEqual([]);
  expect(checkedCount).toBeGreaterThan(20);
});

it('a missing file or heading is found; links to other sites are only counted', () => {
  const files: Record<string, string> = {
    'README.md': '[a](docs/a.md#an-entrys-life) [b](docs/b.md) [c](docs/a.md#gone) [d](https://example.org) [e](#gone)',
    'docs/a.md': "# A\n## An entry's life\n```sh\n# gone\n[code](nowhere.md)\n```\n[up](../README.md)",
  };
  const tree = { textOf: (path: string) => files[path] ?? '', isThere: (path: string) => path in files };
  expect(checkLinks(Object.keys(files), tree)).toEqual({
    broken: [
      'README.md: docs/b.md (no such file)',
      'README.md: docs/a.md#gone (no such heading)',
      'README.md: #gone (no such heading)',
    ],
    checkedCount: 5,
    externalCount: 1,
  });
});
