import { expect, it } from 'vitest';
import { splitInstants } from './prose.rules.ts';

it('Instants in a sentence are found', () =>
  expect(splitInstants('It fires next at 2026-11-26T03:45:00.000Z.')).toEqual([
    { start: 0, text: 'It fires next at ', isInstant: false },
    { start: 17, text: '2026-11-26T03:45:00.000Z', isInstant: true },
    { start: 41, text: '.', isInstant: false },
  ]));
