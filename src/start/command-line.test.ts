import { describe, expect, it } from 'vitest';
import { HELP, readCommandLine } from './command-line.ts';

describe('the command line', () => {
  it.each([
    [[], { command: 'start', args: [] }],
    [['--help'], { command: 'help', args: [] }],
    [['-h'], { command: 'help', args: [] }],
    [['help'], { command: 'help', args: [] }],
    [['db:url', '--help'], { command: 'help', args: [] }],
    [['--version'], { command: 'version', args: [] }],
    [['version'], { command: 'version', args: [] }],
    [['db:url'], { command: 'db:url', args: [] }],
    [['keys:abandon', '--master-key-is-lost'], { command: 'keys:abandon', args: ['--master-key-is-lost'] }],
  ])('%j is %j', (words, read) => expect(readCommandLine(words)).toEqual(read));

  it.each([
    [['db:ulr'], 'Unknown command "db:ulr". Did you mean "db:url"? "npm start -- help" lists what there is.'],
    [['--hlep'], 'Unknown option "--hlep". Did you mean "--help"? "npm start -- help" lists what there is.'],
    [['start'], expect.stringMatching(/^Unknown command "start"/)],
    [
      ['keys:abandon', '--master-key-is-lots'],
      'Unknown option of keys:abandon "--master-key-is-lots". Did you mean "--master-key-is-lost"? "npm start -- help" lists what there is.',
    ],
    [['db:url', 'now'], 'Unknown option of db:url "now". "npm start -- help" lists what there is.'],
  ])('%j starts nothing', (words, problem) => expect(readCommandLine(words)).toEqual({ problem }));

  it('is explained in a screen', () => {
    expect(HELP.split('\n').length).toBeLessThan(24);
    for (const name of ['db:url', 'db:seed', 'keys:abandon', 'help', 'version']) expect(HELP).toContain(`  ${name} `);
  });
});
