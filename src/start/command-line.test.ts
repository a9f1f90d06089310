import { describe, expect, it } from 'vitest';
import { HELP, readCommandLine } from './command-line.ts';

describe('the command line', () => {
  it.each([
    [[], { command: 'start' }],
    [['start'], { command: 'start' }],
    [['--help'], { command: 'help' }],
    [['-h'], { command: 'help' }],
    [['help'], { command: 'help' }],
    [['db:url', '--help'], { command: 'help' }],
    [['--version'], { command: 'version' }],
    [['version'], { command: 'version' }],
    [['db:url'], { command: 'db:url' }],
  ])('%j is %j', (words, read) => expect(readCommandLine(words)).toEqual(read));

  it.each([
    [['db:ulr'], 'Unknown command "db:ulr". Did you mean "db:url"? "npm start -- help" lists the commands.'],
    [['--hlep'], 'Unknown option "--hlep". Did you mean "--help"? "npm start -- help" lists the commands.'],
    [['strat'], expect.stringMatching(/^Unknown command "strat". Did you mean "start"/)],
    [['jobs'], expect.stringMatching(/^Unknown command "jobs"/)],
    [['db:url', 'now'], 'Unknown option of db:url "now". "npm start -- help" lists the commands.'],
  ])('%j starts nothing', (words, problem) => expect(readCommandLine(words)).toEqual({ problem }));

  it('is explained in a screen', () => {
    expect(HELP.split('\n').length).toBeLessThan(24);
    for (const name of ['start', 'db:url', 'db:seed', 'help', 'version']) expect(HELP).toContain(`  ${name} `);
  });
});
