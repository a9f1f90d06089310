import { describe, expect, it } from 'vitest';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.ts';

const SEVERAL = 'postgresql://jobs:s3cret@db1:5432,db2:5433,[::1]/hub?sslmode=disable&target_session_attrs=read-write';

const read = (text: string): DatabaseUrl => {
  const url = parseDatabaseUrl(text);
  if ('problem' in url) throw new Error(url.problem);
  return url;
};

describe('the URL of a database', () => {
  it('with one host is left as it is', () => {
    const url = 'postgresql://jobs:s3cret@db.example/hub?sslmode=require';
    expect(read(url)).toEqual({
      hosts: [url],
      isPrimaryOnly: false,
      full: url,
      shown: 'postgresql://jobs@db.example/hub?sslmode=require',
      passwords: ['s3cret', 's3cret'],
    });
  });

  it('with several hosts is one URL per host, in order', () => {
    expect(read(SEVERAL)).toMatchObject({
      hosts: [
        'postgresql://jobs:s3cret@db1:5432/hub?sslmode=disable',
        'postgresql://jobs:s3cret@db2:5433/hub?sslmode=disable',
        'postgresql://jobs:s3cret@[::1]/hub?sslmode=disable',
      ],
      isPrimaryOnly: true,
      full: SEVERAL,
      shown: SEVERAL.replace(':s3cret', ''),
    });
  });

  it('with several hosts as a parameter is read too, with one port for all or one for each', () => {
    const hosts = (text: string) => read(text).hosts.map((url) => new URL(url).searchParams);
    const forAll = hosts('postgresql:///hub?host=/run/a,/run/b&port=5433');
    expect(forAll.map((one) => [one.get('host'), one.get('port')])).toEqual([
      ['/run/a', '5433'],
      ['/run/b', '5433'],
    ]);
    const forEach = hosts('postgresql:///hub?host=db1,db2&port=5432,5433');
    expect(forEach.map((one) => [one.get('host'), one.get('port')])).toEqual([
      ['db1', '5432'],
      ['db2', '5433'],
    ]);
  });

  it('with several hosts asks for the primary in so many words, so that psql connects to it too', () => {
    expect(read('postgresql://a@h1,h2/c').full).toBe('postgresql://a@h1,h2/c?target_session_attrs=read-write');
    expect(read('postgresql://a@h1,h2/c?ssl=1').full).toBe(
      'postgresql://a@h1,h2/c?ssl=1&target_session_attrs=read-write',
    );
    expect(read('postgresql://a@h1,h2/c?target_session_attrs=primary').full).toMatch(/=primary$/);
  });

  it('with one host asks for the primary when it says so', () => {
    expect(read('postgresql://a@h1/c?target_session_attrs=read-write')).toMatchObject({
      hosts: ['postgresql://a@h1/c'],
      isPrimaryOnly: true,
    });
  });

  it('is shown without any password, and has its passwords for the log to hide', () => {
    const url = read('postgresql://a:p%40ss:w@h1,h2/c?password=other&sslpassword=third&sslkey=/k');
    expect(url.shown).toBe('postgresql://a@h1,h2/c');
    expect(url.passwords).toEqual(['p%40ss%3Aw', 'p@ss:w', 'other']);
  });

  it.each([
    ['mysql://a:s3cret@h/c', /^is not a URL that begins with postgres:/],
    ['h1,h2', /^is not a URL that begins with postgres:/],
    ['postgresql://a:s3cret#x@h/c', /^is not a valid URL \(in a user name or password, write \/ as %2F/],
    ['postgresql://a:s3cret/x@h/c', /^has a port that is not a number from 1 to 65535 \(in a user name or password/],
    ['postgresql://a:s3cret@h1:5432,h2:http/c', /^has a port that is not a number/],
    ['postgresql://a:s3cret@h1:70000/c', /^has a port that is not a number/],
    ['postgresql://a:s3cret@h1:0,h2/c', /^has a port that is not a number/],
    ['postgresql:///c?host=h1,h2&port=5432,s3cret', /^has a port that is not a number/],
    ['postgresql:///c?host=h1,h2,h3&port=1,2', /^has a different number of hosts and ports/],
    ['postgresql://a:s3cret@h1,,h3/c', /^names an empty host: separate hosts with one comma/],
    ['postgresql://a:s3cret@h1,/c', /^names an empty host/],
    ['postgresql://a:s3cret@:5432,h2/c', /^names an empty host/],
    ['postgresql://a:s3cret@h1,h 2/c', /^is not a valid URL/],
    ...['prefer-standby', 'standby', 'read-only', 'any', 's3cret', ''].map((value): [string, RegExp] => [
      `postgresql://a:s3cret@h1,h2/c?target_session_attrs=${value}`,
      /^has target_session_attrs with a value other than read-write or primary: others, such as any or prefer-standby, are not supported/,
    ]),
  ])('%s is refused with a reason, without its password', (text, reason) => {
    const url = parseDatabaseUrl(text);
    expect(url).toEqual({ problem: expect.stringMatching(reason) });
    expect(JSON.stringify(url)).not.toContain('s3cret');
  });
});
