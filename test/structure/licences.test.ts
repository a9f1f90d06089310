import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundledPackages, licencesText, licensedPackages, unlisted } from '../../scripts/write-licences.ts';

it('every package that the server runs with has a licence that is listed', () => {
  const packages = licensedPackages();
  expect(packages.length).toBeGreaterThan(100);
  expect(unlisted(packages)).toEqual([]);
  expect(unlisted([{ name: 'sly', version: '1.0.0', licence: 'AGPL-3.0' }])).toHaveLength(1);
});

it('so has every package that the dashboard’s page is made of', () => {
  const packages = bundledPackages();
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['react', 'react-dom', 'scheduler']));
  expect(unlisted(packages)).toEqual([]);
});

it('docs/licences.md says what the lock file says (else: npm run licences)', () => {
  const written = readFileSync(new URL('../../docs/licences.md', import.meta.url), 'utf8');
  expect(written).toBe(licencesText(licensedPackages(), bundledPackages()));
});
